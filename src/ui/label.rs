//! Target names in front of lines: aligned, each with its own colour.

use super::measure;
use super::style::Styles;
use indexmap::IndexSet;
use std::sync::Arc;

/// Names longer than this many columns do not widen the column of names. They are never cut.
const WIDEST: usize = 24;

/// The targets that have been seen.
#[derive(Debug, Default)]
pub(super) struct Labels {
    seen: IndexSet<Arc<str>>,
    width: usize,
}

impl Labels {
    /// The target's name in its colour, padded to the widest name so far.
    pub(super) fn padded(&mut self, target: &Arc<str>, styles: Styles) -> String {
        let index = self.index(target);
        styles.target(index, &measure::pad(target, self.width))
    }

    /// The front of a line that belongs to a target: `+test | `.
    pub(super) fn prefix(&mut self, target: &Arc<str>, styles: Styles) -> String {
        format!("{} | ", self.padded(target, styles))
    }

    /// Columns of the widest name so far, up to the bound.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// The place of a target that was seen before.
    pub(super) fn get(&self, target: &str) -> usize {
        self.seen.get_index_of(target).unwrap_or(0)
    }

    /// The target's place in the order of appearance, which decides its colour.
    pub(super) fn index(&mut self, target: &Arc<str>) -> usize {
        if let Some(index) = self.seen.get_index_of(target) {
            return index;
        }
        self.width = self.width.max(measure::width(target).min(WIDEST));
        self.seen.insert_full(target.clone()).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_grows_up_to_a_bound() {
        let styles = Styles { colour: false, unicode: true };
        let mut labels = Labels::default();
        let mut check = |target: &str, expect: &str| assert_eq!(labels.prefix(&target.into(), styles), expect);
        check("+a", "+a | ");
        check("+build", "+build | ");
        check("+a", "+a     | ");
        check("./a/very/long/directory+build", "./a/very/long/directory+build | ");
        check("+a", "+a                       | ");
    }
}
