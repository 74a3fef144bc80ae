//! Every diagnostic of the parser, in words.

use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Keyword;
use crate::syntax::suggest;

/// Text of the user for a message: one line, not too long.
fn shown(text: &str) -> String {
    const LONGEST: usize = 40;
    let line = text.lines().next().unwrap_or("");
    let mut shown: String = line.chars().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

pub(super) fn unknown_command(name: Span, text: &str, indented: bool) -> Diagnostic {
    if text.is_empty() {
        return Diagnostic::error("unknown-command", name, "a line cannot begin with a backslash")
            .help("write `\\` at the end of the line that goes on");
    }
    let fault = Diagnostic::error("unknown-command", name, format!("unknown command `{}`", shown(text)));
    fault.help(unknown_help(text, indented))
}

fn unknown_help(text: &str, indented: bool) -> String {
    if let Some(c) = text.chars().find(|c| !c.is_ascii() && (c.is_whitespace() || *c == '\u{feff}' || *c == '\u{200b}'))
    {
        return format!("the line has an invisible character, U+{:04X}: replace it by a space", u32::from(c));
    }
    let upper = text.to_ascii_uppercase();
    match upper.as_str() {
        "SAVE" => return "write `SAVE ARTIFACT` or `SAVE IMAGE`".to_owned(),
        "GIT" => return "write `GIT CLONE`".to_owned(),
        "WITH" | "DOCKER" => return "write `WITH DOCKER`".to_owned(),
        "ELIF" | "ELSIF" | "ELSEIF" | "ELSE_IF" => return "write `ELSE IF`".to_owned(),
        "ENDIF" | "ENDFOR" | "ENDWAIT" | "ENDTRY" | "ENDWITH" | "FI" | "DONE" | "ESAC" => {
            return "every block ends with `END`".to_owned();
        }
        "THEN" => return "no `THEN` is needed: write the commands below the `IF`".to_owned(),
        "MAINTAINER" => return "write `LABEL maintainer=…`".to_owned(),
        "PIPELINE" | "TRIGGER" => return "pipelines no longer exist: delete this line".to_owned(),
        "INCLUDE" => return "write `IMPORT`".to_owned(),
        _ => {}
    }
    if text.ends_with(':') && indented {
        return "a target's name stands at the left margin".to_owned();
    }
    if text.starts_with(|c: char| "&|-;<>\"'()[]{}".contains(c)) {
        return "to go on with the command above, end its line with `\\`".to_owned();
    }
    let keywords = Keyword::ALL.iter().map(|keyword| keyword.as_str());
    // Of `SAVE ARTIFACT`, the first word is what may be mistyped.
    let words = keywords.clone().map(|keyword| keyword.split(' ').next().unwrap_or(keyword));
    if let Some(near) = suggest::nearest(&upper, keywords.clone().chain(words)) {
        let goes_on = |keyword: &&str| keyword.strip_prefix(near).is_some_and(|rest| rest.starts_with(' '));
        let meant: Vec<String> = match keywords.clone().any(|keyword| keyword == near) {
            true => vec![format!("`{near}`")],
            false => keywords.filter(goes_on).map(|keyword| format!("`{keyword}`")).collect(),
        };
        return format!("did you mean {}?", meant.join(" or "));
    }
    // The longest keyword that the word starts with: `ARGFOO`, `RUNCMD`.
    let glued = keywords.filter(|keyword| text.starts_with(keyword)).max_by_key(|keyword| keyword.len());
    if let Some(keyword) = glued {
        return format!("did you mean `{keyword} {}`?", shown(&text[keyword.len()..]));
    }
    if text.starts_with(|c: char| c.is_ascii_uppercase()) {
        return "the commands are `FROM`, `RUN`, `COPY`, `BUILD`, `SAVE ARTIFACT` …; docs/language.md has all of them"
            .to_owned();
    }
    format!("to run a program, write `RUN {}`; to go on with the command above, end its line with `\\`", shown(text))
}

pub(super) fn missing_colon(name: Span, text: &str) -> Diagnostic {
    Diagnostic::error("missing-colon", name, format!("`{}` is no command", shown(text)))
        .help(format!("a target's name ends with a colon: `{}:`", shown(text)))
}

pub(super) fn keyword_form(span: Span, written: &str, keyword: Keyword) -> Diagnostic {
    if written.split_whitespace().eq(keyword.as_str().split(' ')) {
        return Diagnostic::error("keyword-spacing", span, format!("`{keyword}` is written with one space"))
            .help(format!("write `{keyword}`"));
    }
    Diagnostic::error("keyword-case", span, format!("unknown command `{}`: keywords are upper case", shown(written)))
        .help(format!("write `{keyword}`"))
}

pub(super) fn missing_space(keyword: Keyword, span: Span, modern: bool) -> Diagnostic {
    let message = format!("no space follows `{keyword}`");
    let fault = match modern {
        true => Diagnostic::error("missing-space", span, message),
        false => Diagnostic::warning("missing-space", span, message),
    };
    fault.help(format!("write a space behind `{keyword}`"))
}

pub(super) fn unexpected_indent(span: Span) -> Diagnostic {
    Diagnostic::error("unexpected-indent", span, "an indented line outside of a target")
        .help("begin it at the left margin, or write the target's name and a colon above it")
}

pub(super) fn missing_indent(span: Span, keyword: Keyword, target: &str) -> Diagnostic {
    let message = format!("`{keyword}` stands at the left margin, below the target `{}`", shown(target));
    Diagnostic::error("missing-indent", span, message)
        .help("indent it by four spaces; what all targets have in common stands above the first target")
}

fn missing_end(opening: Span, keyword: Keyword) -> Diagnostic {
    Diagnostic::error("missing-end", opening, format!("`{keyword}` has no `END`"))
        .remark("this block is never closed")
        .help("write `END` below its last line")
}

/// `quote`: where quoted text begins that has an `END` in it.
pub(super) fn missing_end_for_quote(opening: Span, keyword: Keyword, quote: Option<Span>) -> Diagnostic {
    let fault = missing_end(opening, keyword);
    match quote {
        Some(quote) => fault.label(quote, "this quote runs on over an `END`; is an end quote missing?"),
        None => fault,
    }
}

/// `end` closed the block, but by its indentation it belongs to the one around it, which now has none.
pub(super) fn missing_inner_end(keyword: Keyword, opening: Span, end: Span, outer: Keyword) -> Diagnostic {
    let outer = if outer == keyword { format!("the outer `{outer}`") } else { format!("the `{outer}`") };
    missing_end(opening, keyword).label(end, format!("this `END` is indented like {outer}"))
}

pub(super) fn stray_end(span: Span) -> Diagnostic {
    Diagnostic::error("stray-keyword", span, "`END` closes nothing")
        .help("delete it, or write the block's opening above")
}

/// `around`: the block that is open at this place.
pub(super) fn stray_section(keyword: Keyword, span: Span, around: Option<(Keyword, Span)>) -> Diagnostic {
    let owner = if matches!(keyword, Keyword::Else | Keyword::ElseIf) { Keyword::If } else { Keyword::Try };
    let fault = match around {
        Some((open, opening)) if open == owner => {
            let before = match keyword {
                Keyword::ElseIf => "`ELSE IF` below `ELSE`".to_owned(),
                Keyword::Catch => "a `CATCH` too many, or below `FINALLY`".to_owned(),
                _ => format!("a second `{keyword}`"),
            };
            Diagnostic::error("stray-keyword", span, before).label(opening, "in this block")
        }
        Some((open, opening)) => Diagnostic::error("stray-keyword", span, format!("`{keyword}` without `{owner}`"))
            .label(opening, format!("this `{open}` is open here; does it lack its `END`?")),
        None => Diagnostic::error("stray-keyword", span, format!("`{keyword}` without `{owner}`")),
    };
    fault.help(format!("`{keyword}` belongs between `{owner}` and its `END`"))
}

pub(super) fn too_deep(span: Span, limit: usize) -> Diagnostic {
    Diagnostic::error("too-deep", span, format!("more than {limit} blocks within each other"))
        .help("move the inner blocks to a function")
}

pub(super) fn unexpected_arguments(keyword: Keyword, span: Span) -> Diagnostic {
    Diagnostic::error("unexpected-arguments", span, format!("`{keyword}` takes no arguments"))
        .help(format!("write what follows `{keyword}` on a line of its own"))
}

/// `next`: what the text runs on over, where that is another command or target.
pub(super) fn unclosed(opening: Span, text: &str, next: Option<(Span, &str)>) -> Diagnostic {
    let (code, what, end) = match text.chars().next() {
        Some('\'') => ("unterminated-quote", "this quote", "'"),
        Some('"') => ("unterminated-quote", "this quote", "\""),
        _ => ("unterminated-substitution", "this `$(`", ")"),
    };
    let fault = Diagnostic::error(code, opening, format!("{what} has no end"));
    let fault = match next {
        Some((span, next)) => fault.label(span, format!("it runs on over `{}`", shown(next))),
        None => fault,
    };
    fault.help(match end {
        ")" => "write `)` where it ends, or `\\$(` if the text is meant".to_owned(),
        _ => format!("write `{end}` where it ends, or `\\{end}` if the character is meant"),
    })
}

pub(super) fn too_large(span: Span) -> Diagnostic {
    Diagnostic::error("file-too-large", span, "the file has more than 4 GiB").help("is this the file that is meant?")
}

pub(super) fn gave_up(span: Span) -> Diagnostic {
    Diagnostic::error(
        "too-many-unterminated",
        span,
        "too many quotes without an end: the rest of the file was not read",
    )
    .help("mend those above first")
}

pub(super) fn invalid_name(span: Span, text: &str) -> Diagnostic {
    let fault = Diagnostic::error("invalid-target-name", span, format!("`{}` cannot name a target", shown(text)));
    let proposal = proposed_name(text);
    fault.help(match proposal {
        Some(name) => format!("write `{name}:`; names have letters, digits, `-` and `.`, and begin with a lower-case letter"),
        None => "names have letters, digits, `-` and `.`, and begin with a lower-case letter; those of functions are upper case"
            .to_owned(),
    })
}

/// A legal name close to an illegal one.
fn proposed_name(text: &str) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let lower = text.chars().any(|c| c.is_ascii_lowercase());
    let mut name: String = text
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || c == '.' => c,
            _ if lower => '-',
            _ => '_',
        })
        .collect();
    if lower {
        name.make_ascii_lowercase();
    }
    let name = name.trim_matches(['-', '.', '_']);
    (name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() <= 40).then(|| name.to_owned())
}

pub(super) fn reserved_name(span: Span) -> Diagnostic {
    Diagnostic::error("reserved-target-name", span, "`base` is a reserved target name")
        .remark("it stands for the lines above the first target")
        .help("choose another name")
}

pub(super) fn duplicate_name(span: Span, text: &str, first: Span, function: bool) -> Diagnostic {
    let what = if function { "function" } else { "target" };
    Diagnostic::error("duplicate-target", span, format!("duplicate {what} `{}`", shown(text)))
        .label(first, "it is defined here first")
        .help("rename or delete one of the two")
}

pub(super) fn header_junk(junk: Span, name: &str) -> Diagnostic {
    Diagnostic::error("header-arguments", junk, format!("text behind the header `{}:`", shown(name)))
        .help("write the commands on indented lines below; other targets are built with `BUILD +name` or used with `FROM +name`")
}

pub(super) fn version_not_first(span: Span, first: Option<Span>) -> Diagnostic {
    match first {
        Some(first) => Diagnostic::error("version-not-first", span, "a second `VERSION`")
            .label(first, "the version is given here")
            .help("delete one of the two"),
        None => Diagnostic::error("version-not-first", span, "`VERSION` is not the first command")
            .help("move it to the top of the file"),
    }
}

pub(super) fn not_in_target(keyword: Keyword, span: Span) -> Diagnostic {
    let code = if keyword == Keyword::Version { "version-in-target" } else { "project-in-target" };
    Diagnostic::error(code, span, format!("`{keyword}` inside a target")).help("move it above the first target")
}

pub(super) fn missing_name(keyword: Keyword, span: Span) -> Diagnostic {
    Diagnostic::error("missing-name", span, format!("`{keyword}` without a name"))
        .help(format!("write `{keyword} name=value`"))
}

pub(super) fn invalid_variable(keyword: Keyword, span: Span, text: &str) -> Diagnostic {
    let fault = Diagnostic::error("invalid-variable-name", span, format!("`{}` cannot name a variable", shown(text)));
    if text.starts_with('-') {
        return fault.help(format!("`{keyword}` takes no flags"));
    }
    if let Some(name) = text.strip_prefix('$') {
        return fault
            .help(format!("write the name without `$`: `{keyword} {}=…`", shown(name.trim_matches(['{', '}']))));
    }
    fault.help("names have letters, digits and `_`, and do not begin with a digit")
}

pub(super) fn missing_equals(keyword: Keyword, span: Span, name: &str, value: &str) -> Diagnostic {
    let fault = Diagnostic::error("missing-equals", span, format!("no `=` between `{}` and its value", shown(name)));
    if value.starts_with("--") {
        return fault.help(format!("flags stand before the name: `{keyword} {} {}`", shown(value), shown(name)));
    }
    fault.help(format!("write `{keyword} {}={}`", shown(name), shown(value)))
}

pub(super) fn missing_value(keyword: Keyword, span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("missing-value", span, format!("`{keyword}` needs a value"))
        .help(format!("write `{keyword} {}=value`", shown(name)))
}

/// `value`: all that stands behind the name.
pub(super) fn ambiguous_env(equals: Span, name: &str, value: &str) -> Diagnostic {
    let (name, value) = (shown(name), shown(value));
    Diagnostic::error("ambiguous-env", equals, format!("`=` within the value of `{name}`"))
        .help(format!("write `ENV {name}=\"{value}\"`, and each variable on a line of its own"))
}

pub(super) fn label_without_value(span: Span, text: &str) -> Diagnostic {
    let key = text.split('=').next().unwrap_or(text);
    let key = if key.is_empty() { "key" } else { key };
    Diagnostic::error("label-without-value", span, format!("`{}` is no `key=value`", shown(text)))
        .help(format!("write `{}=\"…\"`; values with blanks need quotes", shown(key)))
}

pub(super) fn unterminated_heredoc(marker: Span, name: &str, near: Option<Span>) -> Diagnostic {
    let name = shown(name);
    let fault = Diagnostic::error("unterminated-heredoc", marker, format!("no line `{name}` ends this heredoc"));
    match near {
        Some(near) => fault
            .label(near, "this line has blanks before or behind it")
            .help(format!("write `{name}` at the left margin; `<<-{name}` allows tabs before it")),
        None => fault.help(format!("write `{name}` alone at the left margin, below the last line of the text")),
    }
}

pub(super) fn swallowed_header(span: Span, text: &str, keyword: Keyword) -> Diagnostic {
    let message = format!("`{}` is an argument of `{keyword}`, not a target", shown(text));
    Diagnostic::warning("swallowed-target", span, message)
        .remark("the command above goes on here")
        .help("delete the `\\` above this line, or indent it if an argument is meant")
}

/// `header`: a header within a quote, with a command below it.
pub(super) fn swallowed_by_quote(opening: Span, header: Span, text: &str) -> Diagnostic {
    Diagnostic::warning("swallowed-target", opening, format!("this quote runs on over the target `{}`", shown(text)))
        .label(header, "this is part of the quoted text")
        .help("is an end quote missing?")
}

pub(super) fn heredoc_too_new(marker: Span) -> Diagnostic {
    Diagnostic::error("heredoc-version", marker, "heredocs exist since `VERSION 1.0`")
        .help("write `VERSION 1.0` at the top, or pass the text with `printf '%s\\n' …`")
}
