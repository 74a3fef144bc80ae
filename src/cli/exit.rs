//! Exit codes.

use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All went well: 0.
    Success,
    /// The build failed: 1.
    BuildFailed,
    /// The command line is wrong: 2.
    Usage,
    /// A Buildfile is wrong: 3.
    Buildfile,
    /// No engine, no disk, no permission, a lock that was not to be had: 4.
    Environment,
    /// A defect of rbuild: 70.
    Defect,
    /// The shell or the program that ran in a build's state ended with this code, which is not 0.
    Inside(u8),
    /// A signal ended it: 128 and the signal's number.
    Signal(u8),
}

impl Exit {
    /// The number.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::BuildFailed => 1,
            Self::Usage => 2,
            Self::Buildfile => 3,
            Self::Environment => 4,
            Self::Defect => 70,
            Self::Inside(code) => code,
            Self::Signal(number) => 128 + number,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
