//! The door to pest: reads the logical line at an offset.

use pest::Parser as _;
use pest::iterators::Pair as Node;

use crate::source::{FileId, Span};
use crate::syntax::ast::{JsonString, Keyword, Pair, Word};
use crate::syntax::json;
use crate::syntax::line::{Header, Kind, Line, NameForm, RawArgs, RawAssign, RawCommand};

/// The parser that is made of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/words.pest"]
#[grammar = "grammar/keywords.pest"]
#[grammar = "grammar/lines.pest"]
struct Grammar;

/// Reads lines of one text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'t> {
    /// The file that spans name.
    pub file: FileId,
    /// Its text.
    pub text: &'t str,
}

impl<'t> Reader<'t> {
    /// A span of this file.
    pub fn span(self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    /// The text of a span of this file.
    pub fn str(self, span: Span) -> &'t str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// The logical line that starts at `at`, which lies before the end of the text.
    pub fn line(self, at: usize) -> Line {
        let source = &self.text[at..];
        let root = Grammar::parse(Rule::line, source).ok().and_then(|mut nodes| nodes.next());
        match root {
            Some(root) if root.as_span().end() > 0 => At { reader: self, offset: at }.line(root),
            // The grammar is total, so this is a defect of ours; the line is then reported as unknown instead of a crash.
            _ => self.physical_line(at),
        }
    }

    /// The arguments in `span` as words.
    pub fn words(self, span: Span) -> Vec<Word> {
        let at = At { reader: self, offset: span.start as usize };
        let nodes = Grammar::parse(Rule::plain, self.str(span)).ok().and_then(|mut nodes| nodes.next());
        nodes.map_or_else(Vec::new, |root| at.words(root.into_inner()))
    }

    /// The value that starts with the `#` at the beginning of `span`, and the comment behind it.
    pub fn late_value(self, span: Span) -> Option<(Word, Option<Span>)> {
        let at = At { reader: self, offset: span.start as usize };
        let root = Grammar::parse(Rule::late_value, self.str(span)).ok()?.next()?;
        let mut value = None;
        let mut comment = None;
        for node in root.into_inner() {
            match node.as_rule() {
                Rule::late_text => value = Some(at.word(&node)),
                Rule::comment => comment = Some(at.span(&node)),
                _ => {}
            }
        }
        Some((value?, comment))
    }

    fn physical_line(self, at: usize) -> Line {
        let rest = &self.text[at..];
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        Line {
            end: at + length,
            indented: rest.starts_with([' ', '\t']),
            kind: Kind::Unknown { name: self.span(at, at + length), alone: true },
            comments: Vec::new(),
            unclosed: None,
            long_quotes: Vec::new(),
            continuations: Vec::new(),
        }
    }
}

/// Turns nodes of a slice of the text into places of the whole.
#[derive(Clone, Copy)]
struct At<'t> {
    reader: Reader<'t>,
    offset: usize,
}

impl At<'_> {
    fn span(self, node: &Node<'_, Rule>) -> Span {
        let span = node.as_span();
        self.reader.span(self.offset + span.start(), self.offset + span.end())
    }

    fn line(self, root: Node<'_, Rule>) -> Line {
        let mut line = Line {
            end: self.offset + root.as_span().end(),
            indented: false,
            kind: Kind::Blank,
            comments: Vec::new(),
            unclosed: None,
            long_quotes: Vec::new(),
            continuations: Vec::new(),
        };
        let mut keyword: Option<Node<'_, Rule>> = None;
        let mut args = Vec::new();
        let mut quoted = 0;
        for node in root.clone().into_inner().flatten() {
            let span = self.span(&node);
            if matches!(node.as_rule(), Rule::single | Rule::double | Rule::json_string) {
                quoted = quoted.max(span.end);
            }
            match node.as_rule() {
                Rule::continuation if span.start >= quoted => line.continuations.push(span),
                Rule::comment => line.comments.push(span),
                Rule::unclosed => line.unclosed = line.unclosed.or(Some(span)),
                Rule::single | Rule::double if node.as_str().contains(['\n', '\r']) => line.long_quotes.push(span),
                _ => {}
            }
        }
        let end = root.as_span().end();
        for node in root.into_inner() {
            match node.as_rule() {
                Rule::indent => line.indented = true,
                Rule::blank_line => line.kind = Kind::Blank,
                Rule::comment_line => line.kind = Kind::Comment,
                Rule::header => line.kind = self.header(node),
                Rule::unknown => line.kind = self.unknown(node),
                Rule::comment | Rule::continuation => {}
                _ if keyword.is_none() => keyword = Some(node),
                _ => args.push(node),
            }
        }
        if let Some(keyword) = keyword {
            line.kind = self.command(&keyword, args, end);
        }
        line
    }

    fn header(self, node: Node<'_, Rule>) -> Kind {
        let mut header = Header { name: self.span(&node), form: NameForm::Invalid, junk: None };
        for node in node.into_inner() {
            let form = match node.as_rule() {
                Rule::target_name => NameForm::Target,
                Rule::function_name => NameForm::Function,
                Rule::invalid_name => NameForm::Invalid,
                Rule::header_junk => {
                    header.junk = Some(self.span(&node));
                    continue;
                }
                _ => continue,
            };
            header.form = form;
            header.name = self.span(&node);
        }
        Kind::Header(header)
    }

    fn unknown(self, node: Node<'_, Rule>) -> Kind {
        let start = self.offset + node.as_span().start();
        let text = node.as_str();
        let name = node.into_inner().find(|node| node.as_rule() == Rule::unknown_name);
        let length = name.map_or(0, |name| name.as_str().len());
        Kind::Unknown {
            name: self.reader.span(start, start + length),
            alone: length > 0 && stands_alone(&text[length..]),
        }
    }

    fn command(self, keyword: &Node<'_, Rule>, args: Vec<Node<'_, Rule>>, end: usize) -> Kind {
        let mut written = String::new();
        for word in self.word(keyword).text.split_ascii_whitespace() {
            written.extend((!written.is_empty()).then_some(' '));
            written.push_str(&word.to_ascii_uppercase());
        }
        let keyword_span = self.span(keyword);
        let Some(&keyword) = Keyword::ALL.iter().find(|keyword| keyword.as_str() == written) else {
            return Kind::Unknown { name: keyword_span, alone: false };
        };
        let args = match keyword {
            Keyword::Arg | Keyword::Env | Keyword::Let | Keyword::Set => RawArgs::Assign(self.assign(args)),
            Keyword::Label => self.pairs(args),
            _ => match args.iter().position(|node| node.as_rule() == Rule::json) {
                Some(json) => {
                    let node = args[json].clone();
                    let span = self.span(&node);
                    RawArgs::Json(self.json(node), span)
                }
                None => RawArgs::Words(self.words(args)),
            },
        };
        let rest = self.reader.span(keyword_span.end as usize, self.offset + end);
        Kind::Command(RawCommand { keyword, keyword_span, rest, args })
    }

    /// The words among some nodes. One with a quote that has no end is none: nobody knows how far it was meant to go.
    fn words<'n>(self, nodes: impl IntoIterator<Item = Node<'n, Rule>>) -> Vec<Word> {
        let words = nodes.into_iter().filter(|node| {
            node.as_rule() == Rule::word
                && node.clone().into_inner().flatten().all(|part| part.as_rule() != Rule::unclosed)
        });
        words.map(|node| self.word(&node)).collect()
    }

    /// A word, value or key: the text without its continuations, and with `\n` for every line end.
    fn word(self, node: &Node<'_, Rule>) -> Word {
        let whole = node.as_span();
        let source = node.as_str();
        let (mut start, mut end) = (whole.end(), whole.start());
        let mut text = String::new();
        let mut from = whole.start();
        let mut take = |from: usize, to: usize| {
            if from < to {
                start = start.min(from);
                end = to;
                let piece = &source[from - whole.start()..to - whole.start()];
                for line in piece.split_inclusive('\n') {
                    match line.strip_suffix('\n') {
                        // However many carriage returns an editor has left there.
                        Some(line) => text.extend([line.trim_end_matches('\r'), "\n"]),
                        None => text.push_str(line),
                    }
                }
            }
        };
        for node in node.clone().into_inner().flatten().filter(|node| node.as_rule() == Rule::continuation) {
            let gap = node.as_span();
            take(from, gap.start());
            from = gap.end();
        }
        take(from, whole.end());
        // Only the end of the text can follow such a word. The blank that a backslash keeps there means nothing, and could not be printed.
        if from == whole.end() && text.ends_with([' ', '\t']) {
            text.truncate(text.len() - 2);
            end -= 2;
        }
        if start > end {
            (start, end) = (whole.start(), whole.start());
        }
        Word { text, span: self.reader.span(self.offset + start, self.offset + end) }
    }

    fn assign(self, nodes: Vec<Node<'_, Rule>>) -> RawAssign {
        let mut assign = RawAssign::default();
        for node in nodes {
            match node.as_rule() {
                Rule::flag => assign.flags.push(self.word(&node)),
                Rule::key => assign.name = Some(self.word(&node)),
                Rule::equals => assign.equals = Some(self.span(&node)),
                Rule::late_equals => assign.late_equals = Some(self.span(&node)),
                // Behind a late `=` comes a second one, of no use to anybody.
                Rule::value | Rule::hash_value | Rule::spaced_value if assign.value.is_none() => {
                    assign.value = Some(self.word(&node));
                }
                _ => {}
            }
        }
        assign
    }

    fn pairs(self, nodes: Vec<Node<'_, Rule>>) -> RawArgs {
        let mut pairs = Vec::new();
        let mut orphans = Vec::new();
        for node in nodes {
            match node.as_rule() {
                Rule::pair => {
                    let sides = node.into_inner().filter(|node| !matches!(node.as_rule(), Rule::continuation));
                    let mut sides = sides.map(|side| self.word(&side));
                    if let (Some(key), Some(value)) = (sides.next(), sides.next()) {
                        pairs.push(Pair { key, value });
                    }
                }
                Rule::orphan => orphans.push(self.word(&node)),
                _ => {}
            }
        }
        RawArgs::Pairs(pairs, orphans)
    }

    fn json(self, node: Node<'_, Rule>) -> Vec<JsonString> {
        let strings = node.into_inner().filter(|node| node.as_rule() == Rule::json_string);
        strings.map(|node| JsonString { span: self.span(&node), value: json_value(node) }).collect()
    }
}

fn json_value(node: Node<'_, Rule>) -> String {
    let source = node.as_str();
    let base = node.as_span().start();
    // Both quotes are one byte long.
    let mut from = 1;
    let mut text = String::new();
    for node in node.into_inner() {
        if !matches!(node.as_rule(), Rule::continuation | Rule::json_escape) {
            continue;
        }
        let span = node.as_span();
        text.push_str(&source[from..span.start() - base]);
        if node.as_rule() == Rule::json_escape {
            text.push_str(node.as_str());
        }
        from = span.end() - base;
    }
    text.push_str(&source[from..source.len() - 1]);
    json::unescape(&text)
}

/// Whether what follows a word is no more than a colon and a comment, so that the word may be meant as a header.
pub(super) fn stands_alone(rest: &str) -> bool {
    let rest = rest.trim();
    let rest = rest.strip_prefix(':').unwrap_or(rest).trim_start();
    rest.is_empty() || rest.starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Kind {
        Reader { file: FileId(0), text }.line(0).kind
    }

    #[test]
    fn the_grammar_knows_every_keyword() {
        for keyword in Keyword::ALL {
            let check = |text: String, expect: bool| {
                let found = matches!(kind(&text), Kind::Command(command) if command.keyword == *keyword);
                assert_eq!(found, expect, "{text}");
            };
            check(keyword.to_string(), true);
            check(format!("{keyword} a b"), true);
            check(format!("  {keyword}=a # b"), true);
            check(format!("\t{keyword}\\\n"), true);
            check(format!("{} a", keyword.as_str().to_lowercase()), true);
            check(format!("{}a", keyword.as_str().to_lowercase()), false);
            check(format!("{keyword}S a"), false);
            check(format!("{keyword}_A"), false);
        }
    }

    #[test]
    fn lines_end_where_they_should() {
        let check = |text: &str, expect: &str| {
            let end = Reader { file: FileId(0), text }.line(0).end;
            assert_eq!(&text[..end], expect);
        };
        check("\nRUN a", "\n");
        check("  \t\r\nRUN a", "  \t\r\n");
        check("# \\\nRUN a", "# \\\n");
        check("t: # \\\nRUN a", "t: # \\\n");
        check("RUN a\rRUN b", "RUN a\r");
        check("RUN a # \\\nRUN b", "RUN a # \\\n");
        check("RUN a \\\n\n # c\n b\nRUN c", "RUN a \\\n\n # c\n b\n");
        check("RUN \"a\n\" 'b\n' $(c\n)\nRUN d", "RUN \"a\n\" 'b\n' $(c\n)\n");
        check("ARG a=\"\n\"\nRUN b", "ARG a=\"\n\"\n");
        check("LABEL a=\"\n\"\nRUN b", "LABEL a=\"\n\"\n");
        check("RUN \"a\nRUN b", "RUN \"a\n");
        check("what 'ever\nRUN b", "what 'ever\n");
        check("what ever \\\n on\nRUN b", "what ever \\\n on\n");
    }
}
