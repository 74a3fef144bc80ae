//! The nearest known name to one that is not known.

/// Names longer than this are not compared: nobody mistypes them by a letter.
const LONGEST: usize = 64;

/// How many single edits (a character more, less, another, or two neighbours swapped) lead from `left` to `right`.
#[must_use]
pub fn distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let width = right.len() + 1;
    // Three rows of the table are enough: a swap looks back by two.
    let mut before = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    for (row, &l) in left.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, &r) in right.iter().enumerate() {
            let mut best = (above[column] + usize::from(l != r)).min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && l == right[column - 1] && left[row - 1] == r {
                best = best.min(before[column - 1] + 1);
            }
            current[column + 1] = best;
        }
        before = std::mem::replace(&mut above, current);
    }
    above[width - 1]
}

/// The known name that `wrong` was probably meant to be: at most a third of its characters differ, upper and lower case
/// counted as the same. The first of the nearest wins.
#[must_use]
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = wrong.chars().count();
    if length == 0 || length > LONGEST {
        return None;
    }
    let folded = wrong.to_lowercase();
    known
        .into_iter()
        .filter(|name| name.len() <= LONGEST * 4)
        .map(|name| (distance(&folded, &name.to_lowercase()), name))
        .filter(|(edits, name)| {
            *edits <= length.max(name.chars().count()).div_ceil(3).min(length - usize::from(length > 1))
        })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (left, right, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("build", "build", 0),
            ("biuld", "build", 1),
            ("buld", "build", 1),
            ("test", "tent", 1),
            ("kitten", "sitting", 3),
            ("ä", "a", 1),
        ] {
            assert_eq!(distance(left, right), expected, "{left} {right}");
            assert_eq!(distance(right, left), expected, "{right} {left}");
        }
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let known = ["build", "test", "lint", "a"];
        for (wrong, expected) in [
            ("biuld", Some("build")),
            ("Build", Some("build")),
            ("tests", Some("test")),
            ("release", None),
            ("", None),
            ("x", None),
            (&"b".repeat(1000), None),
        ] {
            assert_eq!(nearest(wrong, known), expected, "{wrong}");
        }
    }
}
