//! The user's files: finding the Buildfile, sending build contexts, placing artifacts.
//!
//! - `find`: which Buildfile is meant
//! - `glob`: wildcards · `ignore`: ignore files · `include`: the sources of COPY · `follow`: the links among them
//! - `context`: the part of a directory that is sent to the engine
//! - `destination`: where an artifact goes · `staging`: where it is prepared · `place`: moving it there · `copy`: when it cannot be moved
//! - `copy_in`: the same for COPY behind LOCALLY
//! - `whole`: a file that is written in one step
//! - `nothing`: a directory that is not there
//! - `remote`: repositories of others
//! - `paths`: lexical work on paths · `error`: I/O errors that say what was tried

mod context;
mod copy;
mod copy_in;
mod destination;
mod error;
mod find;
mod follow;
mod git;
mod glob;
mod ignore;
mod include;
mod nothing;
mod paths;
mod place;
mod remote;
mod staging;
mod whole;

pub use context::{Context, Listing};
pub use copy_in::CopyIn;
pub use destination::{Artifact, Destination};
pub use error::IoError;
pub use find::{Found, find_in, find_upwards};
pub use git::Git;
pub use glob::{Glob, PatternError};
pub use ignore::{Ignore, IgnoreError};
pub use include::{Include, IncludeError};
pub use nothing::Nothing;
pub use paths::{OutsideError, inside, lies_below};
pub use place::{Checked, PlaceError};
pub use remote::{
    Address, AddressError, Asker, Checkout, Clones, Login, Logins, Remote, RemoteError, RemoteNameError,
    Setting as CloneSetting, Site, SiteAuth, SiteError, SiteSetting, Sites,
};
pub use staging::Staging;
pub use whole::write_whole;
