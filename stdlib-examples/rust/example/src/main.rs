fn greeting(name: &str) -> String {
    format!("Hello, {name}!")
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "world".to_owned());
    println!("{}", greeting(&name));
}

#[cfg(test)]
mod tests {
    #[test]
    fn somebody_is_greeted() {
        assert_eq!(super::greeting("Ada"), "Hello, Ada!");
    }
}
