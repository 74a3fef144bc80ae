//! Names in the engine: of containers, volumes and images.

use crate::digest::Digest;
use crate::engine::DataRoot;

/// The repository of the results of steps, in its normal form; their tags are the steps' keys.
pub const RESULTS: &str = "docker.io/rbuild/with-docker";
/// The repository of the names that images have for the time of one step; their tags begin with the time, in seconds since 1970, and
/// `-`.
pub const INPUTS: &str = "rbuild/with-docker-input";
/// The repository of names that tell when results were used last: their tags are that time, in seconds since 1970, `-`, and the
/// beginning of the result's own.
pub const USED: &str = "rbuild/with-docker-used";
/// Longest part of a name that shows the user's own text.
const SHOWN: usize = 60;

/// The name of the container that uses a data root, and of the volume that the root is.
///
/// Any text is a pool's name, also `../../x`; what shows of it is for people, and the digest tells pools apart.
#[must_use]
pub fn data_root_name(root: &DataRoot) -> String {
    format!("{}-{}", escaped(&root.pool), root.number)
}

/// The name of the volume of a cache.
pub(super) fn cache_volume(id: &str) -> String {
    format!("{}-cache", escaped(id))
}

/// A text as a part of a name: letters, digits, `_`, `.` and `-`, the first a letter or a digit.
fn escaped(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    let shown: String = text.chars().map(plain).skip_while(|c| !c.is_ascii_alphanumeric()).take(SHOWN).collect();
    let shown = if shown.is_empty() { "rbuild" } else { &shown };
    format!("{shown}-{}", &Digest::of(text).hex()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn any_text_is_a_name_of_its_own() {
        let long = "x".repeat(300);
        let pools = [
            "a",
            "A",
            "",
            "/",
            "..",
            "../../etc",
            "a/b",
            "a-b",
            "a b",
            "rbuild/app/x",
            "ünï",
            "-a",
            "$(id)",
            "a\n",
            &long,
        ];
        let mut seen = HashSet::new();
        for pool in pools {
            for number in [0, 1, 12] {
                let name = data_root_name(&DataRoot { pool: pool.to_owned(), number });
                let mut chars = name.chars();
                assert!(chars.next().is_some_and(|c| c.is_ascii_alphanumeric()), "{name}");
                assert!(chars.all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)), "{name}");
                assert!(name.len() < 100, "{name}");
                assert!(seen.insert(name.clone()), "{name} is two");
            }
        }
        let name = data_root_name(&DataRoot { pool: "rbuild/app".to_owned(), number: 1 });
        assert!(name.starts_with("rbuild-app-") && name.ends_with("-1"), "{name}");
        assert_ne!(cache_volume("a"), data_root_name(&DataRoot { pool: "a".to_owned(), number: 0 }));
    }
}
