//! What is written about a build that is over: a report for programs, one for CI servers, and a page for people.
//!
//! All of them show a [`Build`](crate::history::Build) out of which [`Masks::build`](super::Masks::build) has taken the secrets.

mod json;
mod junit;
mod page;
mod utc;

pub use json::report;
pub use junit::junit;
pub use page::timings;
pub(super) use utc::{utc, utc_for_people};
