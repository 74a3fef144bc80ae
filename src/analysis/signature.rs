//! What a target takes and what it gives, as far as its own recipe tells. What functions and other targets add is not looked at.

use super::builtins::is_builtin;
use super::program::{Arg, SaveArtifact, SaveImage, StepKind, Unit, all_steps};

/// The name under which the base recipe can be built like a target.
pub const BASE: &str = "base";

/// The outside of a target.
#[derive(Debug)]
pub struct Signature<'a> {
    /// The arguments that it declares, each once, in the order of the recipe; without built-in ones.
    pub args: Vec<&'a Arg>,
    /// The file's global arguments that it does not declare itself.
    pub globals: Vec<&'a Arg>,
    /// What it saves for other targets and for this machine.
    pub artifacts: Vec<&'a SaveArtifact>,
    /// The images that it saves, those without names left out.
    pub images: Vec<&'a SaveImage>,
}

impl<'a> Signature<'a> {
    /// The signature of a target of this file; of the base recipe under its name. `None`: there is no such target.
    #[must_use]
    pub fn of(unit: &'a Unit, target: &str) -> Option<Self> {
        let recipe = match unit.targets.get(target) {
            Some(target) => &target.recipe,
            None if target == BASE => &unit.base,
            None => return None,
        };
        let mut found = Self { args: Vec::new(), globals: Vec::new(), artifacts: Vec::new(), images: Vec::new() };
        for step in all_steps(recipe) {
            match &step.kind {
                StepKind::Arg(arg) => declare(&mut found.args, &[], arg),
                StepKind::SaveArtifact(saved) => found.artifacts.push(saved),
                StepKind::SaveImage(saved) if !saved.names.is_empty() => found.images.push(saved),
                _ => {}
            }
        }
        for step in all_steps(&unit.base) {
            if let StepKind::Arg(arg) = &step.kind
                && arg.global
            {
                declare(&mut found.globals, &found.args, arg);
            }
        }
        Some(found)
    }
}

fn declare<'a>(list: &mut Vec<&'a Arg>, others: &[&'a Arg], arg: &'a Arg) {
    let name = &arg.name.text;
    if !is_builtin(name) && !list.iter().chain(others).any(|known| known.name.text == *name) {
        list.push(arg);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Options, analyse};
    use crate::source::FileId;
    use crate::syntax::{ParseOptions, parse};

    #[test]
    fn arguments_artifacts_and_images_of_a_target_are_found() {
        let text = "ARG --global version=1\nARG --global tag\nFROM alpine\nt:\n  ARG tag=x\n  ARG --required name\n  ARG TARGETARCH\n  \
                    IF true\n    ARG tag=y\n    ARG deep\n  END\n  # app is it\n  SAVE ARTIFACT app\n  SAVE IMAGE a:1 b:1\n  SAVE IMAGE\n";
        let parsed = parse(FileId(0), text, ParseOptions { default_version_is_1_0: true });
        let (unit, _) = analyse(FileId(0), &parsed.file, &Options { buildfile: true, ..Options::default() });
        let names = |args: &[&Arg]| args.iter().map(|arg| arg.name.text.clone()).collect::<Vec<_>>().join(" ");
        let found = Signature::of(&unit, "t").unwrap();
        assert_eq!(names(&found.args), "tag name deep");
        assert_eq!(names(&found.globals), "version");
        assert_eq!(found.artifacts[0].docs.as_ref().map(|docs| docs.text.as_str()), Some("app is it"));
        assert_eq!(found.images.len(), 1);
        let base = Signature::of(&unit, "base").unwrap();
        assert_eq!((names(&base.args), names(&base.globals)), ("version tag".to_owned(), String::new()));
        assert!(Signature::of(&unit, "none").is_none());
    }
}
