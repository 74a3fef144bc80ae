//! Command lines as documents show them.

/// The simple commands of a line of a `sh` or `console` block, each as words. What follows `#` is a remark.
pub fn commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let end = |word: &mut Option<String>, commands: &mut Vec<Vec<String>>| {
        commands.last_mut().unwrap().extend(word.take());
    };
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, ' ') => end(&mut word, &mut commands),
            (None, '|' | ';' | '&' | '>' | '<' | '(' | ')') => {
                end(&mut word, &mut commands);
                // What follows a redirection is a file, not a command.
                let file = matches!(c, '>' | '<').then(|| vec!["#file".to_owned()]);
                commands.push(file.unwrap_or_default());
            }
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    end(&mut word, &mut commands);
    let is_setting = |word: &String| {
        word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    commands
        .into_iter()
        .map(|words| words.into_iter().skip_while(is_setting).collect::<Vec<_>>())
        .filter(|words: &Vec<String>| words.first().is_some_and(|first| first != "#file"))
        .collect()
}

#[test]
fn lines_are_taken_apart() {
    let check = |line: &str, expected: &[&[&str]]| assert_eq!(commands(line), expected, "{line}");
    check("rbuild -j 2 +a --x='b c'   # says why", &[&["rbuild", "-j", "2", "+a", "--x=b c"]]);
    check("cd x && A=1 rbuild +a | tail > f", &[&["cd", "x"], &["rbuild", "+a"], &["tail"]]);
    check("# nothing", &[]);
}
