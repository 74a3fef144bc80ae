//! From branches and tags to commits.

/// What a tag in a reference turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The commit's hash, in full.
    pub commit: String,
    /// The full name of the branch or the tag: `refs/heads/main`; `None` for a commit.
    pub name: Option<String>,
}

impl Revision {
    /// A revision that is a commit's full hash, which nobody has to be asked for.
    #[must_use]
    pub fn commit(text: &str) -> Option<Self> {
        let whole = matches!(text.len(), 40 | 64) && is_hex(text);
        whole.then(|| Self { commit: text.to_ascii_lowercase(), name: None })
    }

    /// The format of the hashes in its repository.
    #[must_use]
    pub fn format(&self) -> Format {
        Format::of(&self.commit)
    }

    /// The patterns that `git ls-remote --symref` has to be asked for.
    #[must_use]
    pub fn patterns(tag: Option<&str>) -> Vec<String> {
        match tag {
            None => vec!["HEAD".to_owned()],
            Some(tag) if tag.starts_with("refs/") => vec![tag.to_owned(), format!("{tag}^{{}}")],
            Some(tag) => vec![format!("refs/heads/{tag}"), format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}")],
        }
    }

    /// Reads what `git ls-remote --symref` prints for these patterns. Branches win over tags, as for `git clone --branch`. Format:
    /// git-ls-remote(1).
    #[must_use]
    pub fn listed(tag: Option<&str>, listing: &str) -> Option<Self> {
        let lines = || listing.lines().filter_map(|line| line.split_once('\t'));
        let hash = |name: &str| {
            lines().find(|(hash, listed)| *listed == name && is_hex(hash)).map(|(hash, _)| hash.to_owned())
        };
        let Some(_) = tag else {
            let branch = lines().find_map(|(value, name)| value.strip_prefix("ref: ").filter(|_| name == "HEAD"));
            return Some(Self { commit: hash("HEAD")?, name: branch.map(str::to_owned) });
        };
        let patterns = Self::patterns(tag);
        let name = patterns.iter().find(|name| !name.ends_with("^{}") && hash(name).is_some())?;
        // An annotated tag is an object of its own, that points to the commit.
        let commit = hash(&format!("{name}^{{}}")).or_else(|| hash(name))?;
        Some(Self { commit, name: Some(name.clone()) })
    }
}

/// What the hashes of a repository are; all have the same format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 40 digits.
    Sha1,
    /// 64 digits.
    Sha256,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Sha1, Self::Sha256];

    /// The format of a whole hash.
    #[must_use]
    pub fn of(hash: &str) -> Self {
        if hash.len() == 64 { Self::Sha256 } else { Self::Sha1 }
    }

    /// The option that git makes repositories with.
    #[must_use]
    pub fn option(self) -> &'static str {
        match self {
            Self::Sha1 => "--object-format=sha1",
            Self::Sha256 => "--object-format=sha256",
        }
    }
}

/// Whether a text can be the beginning of a commit's hash.
#[must_use]
pub fn may_be_commit(text: &str) -> bool {
    (4..=64).contains(&text.len()) && is_hex(text)
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_are_read() {
        let (a, b, c) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let listing = format!(
            "ref: refs/heads/main\tHEAD\n{a}\tHEAD\n{a}\trefs/heads/main\n{b}\trefs/heads/both\n{c}\trefs/tags/both\n\
             {b}\trefs/tags/v1\n{c}\trefs/tags/v1^{{}}\n{b}\trefs/x/refs/heads/odd\n"
        );
        for (tag, expected) in [
            (None, Some((&a, Some("refs/heads/main")))),
            (Some("main"), Some((&a, Some("refs/heads/main")))),
            (Some("both"), Some((&b, Some("refs/heads/both")))),
            (Some("v1"), Some((&c, Some("refs/tags/v1")))),
            (Some("refs/tags/v1"), Some((&c, Some("refs/tags/v1")))),
            (Some("odd"), None),
            (Some("nothing"), None),
        ] {
            let expected =
                expected.map(|(commit, name)| Revision { commit: commit.clone(), name: name.map(str::to_owned) });
            assert_eq!(Revision::listed(tag, &listing), expected, "{tag:?}");
        }
        assert_eq!(Revision::listed(None, ""), None);
        let detached = Revision::listed(None, &format!("{a}\tHEAD\n")).unwrap();
        assert_eq!((detached.name, detached.commit), (None, a));
    }

    #[test]
    fn only_a_whole_hash_needs_no_question() {
        assert_eq!(Revision::commit(&"A".repeat(40)).unwrap().commit, "a".repeat(40));
        assert!(Revision::commit("abcdef1").is_none() && may_be_commit("abcdef1"));
        assert!(Revision::commit("main").is_none() && !may_be_commit("main"));
    }
}
