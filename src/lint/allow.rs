//! Comments that allow lints: `# rbuild: allow(code, code)`, above a command, above a target, or at the top of the file.

use super::catalogue::{LINTS, UNUSED_ALLOW, find};
use super::subject::Subject;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::{Comment, File, Statement};
use crate::syntax::{DIRECTIVE, suggest};

/// Everything that comments of a file say about lints.
pub(super) struct Allowances {
    allowed: Vec<Allowed>,
    /// Comments that say nothing that is understood.
    wrong: Vec<Diagnostic>,
}

struct Allowed {
    code: String,
    /// The comment.
    comment: Span,
    /// Where it holds; `None`: it belongs to nothing.
    range: Option<Span>,
}

impl Allowances {
    /// Reads a file's comments.
    pub fn read(subject: &Subject<'_>) -> Self {
        let mut all = Self { allowed: Vec::new(), wrong: Vec::new() };
        for comment in subject.tree.comments.iter().filter(|comment| comment.own_line) {
            let Some(text) = comment.text.trim_start_matches('#').trim().strip_prefix(DIRECTIVE) else { continue };
            let codes = text.trim().strip_prefix("allow(").and_then(|rest| rest.strip_suffix(')'));
            let Some(codes) = codes else {
                let message = format!("`{}` says nothing to rbuild", comment.text);
                all.wrong.push(UNUSED_ALLOW.at(comment.span, message).help("write `# rbuild: allow(code)`"));
                continue;
            };
            let range = range(subject, comment);
            for code in codes.split(',').map(str::trim) {
                match find(code) {
                    Some(_) => all.allowed.push(Allowed { code: code.to_owned(), comment: comment.span, range }),
                    None => all.wrong.push(unknown(comment.span, code)),
                }
            }
        }
        all
    }

    /// What is not allowed of what was found, and what comments allow without need.
    pub fn filter(self, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let mut used = vec![false; self.allowed.len()];
        let mut left = self.wrong;
        for diagnostic in found {
            let mut is_allowed = false;
            for (allowed, used) in self.allowed.iter().zip(&mut used) {
                if allowed.code == diagnostic.code && allowed.covers(&diagnostic) {
                    (is_allowed, *used) = (true, true);
                }
            }
            if !is_allowed {
                left.push(diagnostic);
            }
        }
        for (allowed, _) in self.allowed.iter().zip(used).filter(|(_, used)| !used) {
            let fault = match allowed.range {
                Some(_) => UNUSED_ALLOW
                    .at(allowed.comment, format!("there is no `{}` here to be allowed", allowed.code))
                    .help("remove the comment"),
                None => UNUSED_ALLOW
                    .at(allowed.comment, "this comment belongs to nothing")
                    .help("put it directly above the command or the target, or at the top of the file"),
            };
            left.push(fault);
        }
        left
    }
}

impl Allowed {
    fn covers(&self, diagnostic: &Diagnostic) -> bool {
        let at = diagnostic.span().map(|span| span.start);
        self.range.zip(at).is_some_and(|(range, at)| (range.start..range.end).contains(&at))
    }
}

fn unknown(span: Span, code: &str) -> Diagnostic {
    let fault = UNUSED_ALLOW.at(span, format!("there is no lint `{code}`"));
    match suggest::nearest(code, LINTS.iter().map(|lint| lint.code)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help("`rbuild check --explain all` lists them"),
    }
}

/// Where a comment's word holds: all of the file, the command below, or the target below.
fn range(subject: &Subject<'_>, comment: &Comment) -> Option<Span> {
    let items = items(subject.tree);
    let below = items.iter().copied().find(|item| item.start > comment.span.start);
    let between =
        &subject.text[comment.span.end as usize..below.map_or(subject.text.len(), |item| item.start as usize)];
    // Only comments stand between the two: of the lines between, the first is the rest of this one, the last what stands before the other.
    let lines: Vec<&str> = between.split('\n').collect();
    let is_above =
        below.is_some() && lines[1..lines.len().saturating_sub(1).max(1)].iter().all(|line| !line.trim().is_empty());
    let is_first = items.first().is_none_or(|first| first.start > comment.span.start);
    let above_version = below.is_some() && below == subject.tree.version.as_ref().map(|version| version.span);
    if is_first && (above_version || !is_above) {
        return Some(Span::new(comment.span.file, 0, subject.text.len()));
    }
    below.filter(|_| is_above)
}

/// What comments can stand above, in order: `VERSION`, commands, targets.
fn items(tree: &File) -> Vec<Span> {
    let mut items: Vec<Span> = tree.version.iter().map(|version| version.span).collect();
    items.extend(Statement::all(&tree.base).into_iter().map(Statement::span));
    for target in &tree.targets {
        items.push(target.span);
        items.extend(Statement::all(&target.recipe).into_iter().map(Statement::span));
    }
    items
}
