//! Quotes and `$(` without an end: which one is to blame, and where to read on.

use crate::source::Span;
use crate::syntax::ast::Keyword;
use crate::syntax::fault;
use crate::syntax::read::{State, is_name};

impl State<'_> {
    /// Reports a quote or `$(` without an end, and says where it begins and where to read on.
    pub(super) fn unclosed(&mut self, long_quotes: &[Span], unclosed: Span, next: usize) -> (Span, usize) {
        if self.unclosed_left == 0 {
            self.out.push(fault::gave_up(self.reader.span(unclosed.start as usize, unclosed.start as usize + 1)));
            return (unclosed, self.reader.text.len());
        }
        self.unclosed_left -= 1;
        // When a quote is missing, the next one is taken for it, and all that follow change their parts, so that the last one is found
        // to be without an end. The one to blame is the first that runs on over something that looks like a command.
        for quote in long_quotes {
            let Some((line, at)) = self.command_within(*quote) else { continue };
            let opening = self.reader.span(quote.start as usize, quote.start as usize + 1);
            self.out.push(fault::unclosed(opening, self.reader.str(opening), Some((line, self.reader.str(line)))));
            return (opening, at);
        }
        let text = self.reader.str(unclosed);
        let mut start = unclosed.start as usize;
        // `"$(date"`: the quote is fine, but what is within it swallowed its end.
        if let Some(inner) = text.strip_prefix('"')
            && let Some((inner, _)) = inner.split_once('"')
            && let Some(open) = inner.rfind("$(")
            && !inner[open..].contains(')')
        {
            start += 1 + open;
        }
        let length = if self.reader.text[start..].starts_with("$(") { 2 } else { 1 };
        let opening = self.reader.span(start, start + length);
        self.out.push(fault::unclosed(opening, self.reader.str(opening), None));
        (opening, next)
    }

    /// The first line within a quote that looks like a command or a header: its text, and the offset of its beginning.
    fn command_within(&self, quote: Span) -> Option<(Span, usize)> {
        let mut at = quote.start as usize;
        let mut lines = self.reader.str(quote).split_inclusive('\n');
        at += lines.next()?.len();
        for line in lines {
            let text = line.trim();
            let header = line.trim_end().strip_suffix(':').is_some_and(is_name);
            if is_command(line) || header {
                let start = at + (line.len() - line.trim_start().len());
                return Some((self.reader.span(start, start + text.len()), at));
            }
            at += line.len();
        }
        None
    }

    /// Two quotes without an end are each other's end. What lies between is quoted text, which nobody can know to be wrong; but if it
    /// holds a header and an indented command right below, it is worth a word.
    pub(super) fn warn_of_long_quotes(&mut self, long_quotes: &[Span]) {
        for quote in long_quotes {
            let opening = self.reader.span(quote.start as usize, quote.start as usize + 1);
            if self.reader.str(*quote).lines().any(|line| line.trim() == Keyword::End.as_str()) {
                self.recipe.quoted_ends.push(opening);
            }
            let mut at = quote.start as usize;
            let mut lines = self.reader.str(*quote).split_inclusive('\n').peekable();
            at += lines.next().map_or(0, str::len);
            while let Some(line) = lines.next() {
                let below = lines.peek().filter(|below| below.starts_with([' ', '\t']));
                if line.trim_end().strip_suffix(':').is_some_and(is_name)
                    && below.is_some_and(|below| is_command(below))
                {
                    let header = self.reader.span(at, at + line.trim_end().len());
                    self.out.push(fault::swallowed_by_quote(opening, header, self.reader.str(header)));
                    break;
                }
                at += line.len();
            }
        }
    }
}

/// Whether a line starts with a keyword and a blank, or is a keyword.
fn is_command(line: &str) -> bool {
    let line = line.trim();
    Keyword::ALL.iter().any(|keyword| {
        line.strip_prefix(keyword.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    })
}
