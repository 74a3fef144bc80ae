//! "Did you mean": the nearest of some names.

/// Longer words are never compared: nobody mistypes them, and the comparison is quadratic.
const LONGEST: usize = 64;

/// The candidate with the fewest typing slips (insertions, deletions, replacements, swapped neighbours) to `word`, if they are few for its
/// length: one up to four letters, then a third of them. The first of equals wins.
#[must_use]
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word: Vec<char> = word.chars().take(LONGEST + 1).collect();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let limit = (word.len() / 3).max(1);
    let mut best: Option<(usize, &'c str)> = None;
    for candidate in candidates {
        let slips = distance(&word, &candidate.chars().take(LONGEST + 1).collect::<Vec<_>>());
        if slips <= limit && best.is_none_or(|(least, _)| slips < least) {
            best = Some((slips, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            let mut least = (last[j - 1] + usize::from(!same)).min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant_and_nothing_else() {
        let names = ["RUN", "COPY", "FROM", "BUILD", "WORKDIR", "SAVE ARTIFACT"];
        let check = |word: &str, expect: Option<&str>| assert_eq!(nearest(word, names), expect, "{word}");
        check("RUM", Some("RUN"));
        check("CPOY", Some("COPY"));
        check("FORM", Some("FROM"));
        check("WORKDRI", Some("WORKDIR"));
        check("SAVE ARTEFACT", Some("SAVE ARTIFACT"));
        check("XYZ", None);
        check("", None);
        check(&"A".repeat(1000), None);
    }
}
