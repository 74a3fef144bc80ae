//! SHA-256 digests and the ids made of them.

use sha2::{Digest as _, Sha256};
use std::fmt;

/// A SHA-256 digest. Prints as `sha256:` and 64 hexadecimal digits, the notation of OCI descriptors.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of some bytes.
    #[must_use]
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes.as_ref()).into())
    }

    /// The 64 hexadecimal digits alone.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A digest that is made of bytes as they come.
#[derive(Clone, Default)]
pub struct Digester(Sha256);

impl Digester {
    /// Takes bytes, however they are cut.
    pub fn add(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.update(bytes.as_ref());
    }

    /// Takes bytes with their length in front, so that fields cannot run into each other.
    pub fn field(&mut self, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.add((bytes.len() as u64).to_be_bytes());
        self.add(bytes);
    }

    /// The digest of all of them.
    #[must_use]
    pub fn end(self) -> Digest {
        Digest(self.0.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Identity of a vertex of the graph: the digest of its canonical encoding, the same on every engine and in every run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VertexId(pub Digest);

impl VertexId {
    /// The first twelve hexadecimal digits, for people.
    #[must_use]
    pub fn short(&self) -> String {
        self.0.hex()[..12].to_owned()
    }
}

impl fmt::Display for VertexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for VertexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl serde::Serialize for VertexId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_come_in_pieces_have_the_same_digest() {
        let mut pieces = Digester::default();
        ["a", "", "bc"].into_iter().for_each(|piece| pieces.add(piece));
        assert_eq!(pieces.end(), Digest::of("abc"));
        let fields = |fields: &[&str]| {
            let mut digester = Digester::default();
            fields.iter().for_each(|field| digester.field(field));
            digester.end()
        };
        assert_ne!(fields(&["ab", "c"]), fields(&["a", "bc"]));
    }

    #[test]
    fn digests_print_as_oci_does() {
        assert_eq!(
            Digest::of("").to_string(),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
