//! A tree as text, without spans.

use rbuild::syntax::ast::{Args, Branch, Command, Docs, File, Statement, Word};

pub fn dump(file: &File) -> String {
    let mut out = String::new();
    if let Some(version) = &file.version {
        command(version, 0, &mut out);
    }
    statements(&file.base, 0, &mut out);
    for target in &file.targets {
        docs(target.docs.as_ref(), 0, &mut out);
        out += &format!("{:?} {}\n", target.kind, target.name.text);
        statements(&target.recipe, 1, &mut out);
    }
    for comment in &file.comments {
        out += &format!("{} {}\n", if comment.own_line { "comment" } else { "trailing" }, comment.text);
    }
    out
}

fn line(depth: usize, text: &str, out: &mut String) {
    *out += &format!("{}{text}\n", "  ".repeat(depth));
}

fn docs(docs: Option<&Docs>, depth: usize, out: &mut String) {
    if let Some(docs) = docs {
        line(depth, &format!("docs {:?}", docs.text), out);
    }
}

fn list(words: &[Word]) -> String {
    words.iter().map(|word| format!(" {:?}", word.text)).collect()
}

fn command(command: &Command, depth: usize, out: &mut String) {
    docs(command.docs.as_ref(), depth, out);
    let args = match &command.args {
        Args::Words(words) => list(words),
        Args::Json(strings) => {
            format!(" json{}", strings.iter().map(|string| format!(" {:?}", string.value)).collect::<String>())
        }
        Args::Assign(assign) => {
            let value = assign.value.as_ref().map(|value| format!(" = {:?}", value.text)).unwrap_or_default();
            format!("{} {:?}{value}", list(&assign.flags), assign.name.text)
        }
        Args::Pairs(pairs) => pairs.iter().map(|pair| format!(" {:?}={:?}", pair.key.text, pair.value.text)).collect(),
    };
    line(depth, &format!("{}{args}", command.keyword), out);
    for heredoc in &command.heredocs {
        let expand = if heredoc.expand { "expanded" } else { "literal" };
        line(depth + 1, &format!("heredoc {} {expand} {:?}", heredoc.name, heredoc.body), out);
    }
}

fn section(name: &str, body: Option<&Vec<Statement>>, depth: usize, out: &mut String) {
    if let Some(body) = body {
        line(depth, name, out);
        statements(body, depth + 1, out);
    }
}

fn statements(list: &[Statement], depth: usize, out: &mut String) {
    for statement in list {
        match statement {
            Statement::Command(one) => command(one, depth, out),
            Statement::If(block) => {
                for Branch { header, body } in &block.branches {
                    command(header, depth, out);
                    statements(body, depth + 1, out);
                }
                section("ELSE", block.otherwise.as_ref(), depth, out);
                line(depth, "END", out);
            }
            Statement::For(block) | Statement::Wait(block) | Statement::With(block) => {
                command(&block.header, depth, out);
                statements(&block.body, depth + 1, out);
                line(depth, "END", out);
            }
            Statement::Try(block) => {
                command(&block.header, depth, out);
                statements(&block.body, depth + 1, out);
                section("CATCH", block.catch.as_ref(), depth, out);
                section("FINALLY", block.finally.as_ref(), depth, out);
                line(depth, "END", out);
            }
        }
    }
}
