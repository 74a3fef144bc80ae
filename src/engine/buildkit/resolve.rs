//! Where the names of images are looked up.

/// Where the names of images are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resolve {
    /// In the engine's store, then at the registry.
    #[default]
    StoreFirst,
    /// At the registry, always.
    Registry,
}

impl Resolve {
    /// BuildKit's name for it.
    #[must_use]
    pub const fn mode(self) -> &'static str {
        match self {
            Self::StoreFirst => "local",
            Self::Registry => "pull",
        }
    }
}
