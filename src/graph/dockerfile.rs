//! Dockerfiles: what the engine is asked to translate, and the operations that come of it.

use super::image::ImageConfig;
use super::op::{CacheSharing, ImageSource, Output};
use crate::platform::Platform;
use std::collections::BTreeMap;

/// A Dockerfile and what it is built with.
///
/// As an operation it stands in plans only, where nobody may be asked: an engine that is there translates it, and then its steps are
/// vertices of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// Its path, as the user would type it.
    pub name: String,
    /// Its text.
    pub text: DockerfileText,
    /// The stage that is wanted; `None`: the last one.
    pub target: Option<String>,
    /// Values of its `ARG`s.
    pub args: BTreeMap<String, String>,
    /// The platform that it is built for.
    pub platform: Platform,
    /// What the names of its cache directories begin with in the engine.
    pub cache_prefix: String,
    /// Its build context where that is another target's artifact; files of this machine are named when it is known which of them it uses.
    pub context: Option<Output>,
}

/// Where the text of a [`Dockerfile`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DockerfileText {
    /// Here.
    Known(String),
    /// In a file of another target's artifacts.
    Artifact {
        /// The artifacts.
        tree: Output,
        /// The file in them, absolute.
        path: String,
    },
}

/// What a Dockerfile means: operations in an order in which inputs come first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Translation {
    /// The operations.
    pub pieces: Vec<Piece>,
    /// The final file system; `None` is an empty one.
    pub root: Option<PieceOutput>,
    /// What is used of the build context, as the sources of `COPY`; `.` is all of it.
    pub context: Vec<String>,
    /// The configuration of the image.
    pub config: ImageConfig,
}

/// A result of a piece: its place in the list, and which result.
pub type PieceOutput = (usize, u32);

/// One operation of a [`Translation`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// What it does.
    pub op: PieceOp,
    /// The results that it reads, in order.
    pub inputs: Vec<PieceOutput>,
    /// The instruction and its stage: `[build 2/3] RUN make`.
    pub name: String,
    /// The line of the instruction in the Dockerfile, from 1, where it is known.
    pub line: Option<usize>,
}

/// Kinds of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PieceOp {
    /// The build context.
    Context,
    /// An image.
    Image(ImageSource),
    /// Anything else. Its inputs are those of the piece.
    Llb(LlbOp),
}

/// An operation in the engine's own terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlbOp {
    /// The encoded operation without its inputs: `pb.Op` of <https://github.com/moby/buildkit/blob/master/solver/pb/ops.proto>.
    pub bytes: Vec<u8>,
    /// The results that it reads, in order.
    pub inputs: Vec<Output>,
    /// How many results it has.
    pub outputs: u32,
    /// The process that it runs, if it runs one.
    pub process: Option<LlbProcess>,
}

/// What is known of the process of an [`LlbOp`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LlbProcess {
    /// Its command line.
    pub args: Vec<String>,
    /// Its cache directories, by their names in the engine.
    pub caches: Vec<(String, CacheSharing)>,
    /// Whether it runs with all capabilities and devices.
    pub privileged: bool,
    /// Whether it uses the network of the engine's host.
    pub host_network: bool,
}
