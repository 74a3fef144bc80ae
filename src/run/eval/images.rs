//! Images that are saved under one name.

use crate::diagnostic::Diagnostic;
use crate::graph::plan::ImageOutput;
use crate::platform::Platform;
use indexmap::IndexMap;

/// An image, and whether its file lets a name be given once only.
pub struct Saved {
    /// The image.
    pub image: ImageOutput,
    /// `check-duplicate-images`; without it the last image of a name wins.
    pub unique: bool,
}

/// What images become in the engine's store, in the order in which their names first came.
///
/// A name that is saved for several platforms becomes one name for each of them, with the platform behind the tag
/// (`app:1_linux_arm64`); the image for the first of `preferred` that is among them gets the name itself as well. What is pushed is pushed
/// under the names with platforms, and the name itself becomes their index.
pub fn settle(saved: &[Saved], preferred: &[&Platform]) -> (Vec<ImageOutput>, Vec<Diagnostic>) {
    let mut faults = Vec::new();
    let mut names: IndexMap<&str, Vec<ImageOutput>> = IndexMap::new();
    for Saved { image, unique } in saved {
        let held = names.entry(&image.name).or_default();
        match held.iter_mut().find(|held| held.state.platform == image.state.platform) {
            None => held.push(image.clone()),
            Some(held) if held.state == image.state => {
                held.push |= image.push;
                held.asked |= image.asked;
            }
            Some(held) if !unique => *held = image.clone(),
            Some(held) => faults.push(duplicate(held, image)),
        }
    }
    let mut images = Vec::new();
    for (name, held) in names {
        if held.len() == 1 {
            images.extend(held);
            continue;
        }
        if let Some(image) = held.iter().find(|image| image.one_platform) {
            let message = format!("`{name}` is saved for several platforms, which `--no-manifest-list` forbids");
            faults.push(
                Diagnostic::error("several-platforms", image.span, message).help("put the platform into its name"),
            );
        }
        let own = preferred.iter().find_map(|platform| held.iter().find(|image| image.state.platform == **platform));
        images.extend(own.map(|image| ImageOutput { push: false, ..image.clone() }));
        images.extend(held.iter().map(|image| {
            let platform = image.state.platform.to_string().replace('/', "_");
            let index = image.push.then(|| name.to_owned());
            ImageOutput { name: format!("{name}_{platform}"), index, ..image.clone() }
        }));
    }
    (images, faults)
}

fn duplicate(held: &ImageOutput, image: &ImageOutput) -> Diagnostic {
    let fault = Diagnostic::error(
        "duplicate-image",
        image.span,
        format!("image `{}` is saved twice with different content", image.name),
    );
    if held.span == image.span {
        // One command, run with different arguments.
        return fault.help("put into its name what differs, for example the value of an `ARG`");
    }
    fault.label(held.span, "it is also saved here").help("give one of them another name")
}
