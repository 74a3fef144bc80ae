//! Any bytes as lines of ASCII that a shell's `read -r` and `printf %b` turn back.

/// Bytes for each line: shells read them one by one, and old ones have short lines.
const LINE: usize = 512;

/// The lines of a text, with the dot that ends it.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(LINE) {
        for (at, byte) in line.iter().enumerate() {
            match byte {
                // A dot at a line's begin could be the end.
                b'.' if at == 0 => text.push_str("\\0056"),
                b' '..=b'~' if *byte != b'\\' => text.push(char::from(*byte)),
                other => text.push_str(&format!("\\0{other:03o}")),
            }
        }
        text.push('\n');
    }
    text.push_str(".\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    #[test]
    fn the_shell_gives_back_every_byte() {
        let all: Vec<u8> =
            (0..=255).chain([b'.', b'\n', b' ', b'\\', b'0', b'7', b'\n', b'.']).cycle().take(5000).collect();
        for bytes in [&b""[..], b".", b"..\n.", b"\\", b"\\0101", b" a \n b", "\u{e4}%s%%".as_bytes(), &all] {
            let script = format!("{}text", &include_str!("pid1.sh").split("\nrun()").next().expect("the first part"));
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut shell = shell.spawn().expect("a shell");
            shell.stdin.take().expect("piped").write_all(encode(bytes).as_bytes()).expect("writes");
            let output = shell.wait_with_output().expect("ends");
            assert!(output.status.success());
            assert_eq!(output.stdout, bytes);
        }
    }
}
