//! Sources: images, build contexts and files of servers.

use crate::engine::buildkit::resolve::Resolve;
use crate::graph::{HttpSource, ImageSource};
use crate::platform::Platform;
use bollard_buildkit_proto::pb;

/// An image.
pub(super) fn image(image: &ImageSource, resolve: Resolve) -> pb::op::Op {
    named(&image.reference, resolve)
}

/// An image of the engine's store, by the normal form of its name.
pub(super) fn stored(name: &str) -> pb::op::Op {
    named(name, Resolve::StoreFirst)
}

fn named(name: &str, resolve: Resolve) -> pb::op::Op {
    pb::op::Op::Source(pb::SourceOp {
        identifier: format!("docker-image://{name}"),
        attrs: [("image.resolvemode".to_owned(), resolve.mode().to_owned())].into(),
    })
}

/// A build context. Patterns are the sender's business. The session is named because the engine merges equal operations of
/// different clients, and would hand one checkout's files to another's build.
pub(super) fn local(name: &str, session: &str) -> pb::op::Op {
    let attrs = [("local.session", session), ("local.unique", session), ("local.sharedkeyhint", name)];
    pb::op::Op::Source(pb::SourceOp {
        identifier: format!("local://{name}"),
        attrs: attrs.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
    })
}

/// A file of a server. Protocol: BuildKit's `source/http`.
pub(super) fn http(source: &HttpSource) -> pb::op::Op {
    let mut attrs = vec![("http.filename", source.file.clone())];
    attrs.extend(source.checksum.clone().map(|checksum| ("http.checksum", checksum)));
    pb::op::Op::Source(pb::SourceOp {
        identifier: source.url.clone(),
        attrs: attrs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
    })
}

/// A platform in BuildKit's terms.
#[must_use]
pub fn platform(platform: &Platform) -> pb::Platform {
    pb::Platform {
        architecture: platform.arch.clone(),
        os: platform.os.clone(),
        variant: platform.variant.clone(),
        ..pb::Platform::default()
    }
}
