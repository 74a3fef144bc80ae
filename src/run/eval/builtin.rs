//! Built-in arguments: values that rbuild knows, seen once `ARG` names them.

use super::fault::Eval;
use super::recipe::Frame;
use crate::diagnostic::Diagnostic;
use crate::platform::Platform;
use crate::source::Span;

impl Frame<'_> {
    /// The value of a built-in argument; `None` for names that are not built in. `RBUILD_X` and `EARTHLY_X` are the same.
    pub(super) fn builtin(&self, name: &str, span: Span) -> Eval<Option<String>> {
        let settings = &self.evaluator.settings;
        let platforms = [("TARGET", &self.state.platform), ("USER", &settings.user), ("NATIVE", &settings.native)];
        for (prefix, platform) in platforms {
            if let Some(value) = name.strip_prefix(prefix).and_then(|field| platform_field(platform, field)) {
                return Ok(Some(value));
            }
        }
        let Some(own) = name.strip_prefix("RBUILD_").or_else(|| name.strip_prefix("EARTHLY_")) else { return Ok(None) };
        let flag = |value: bool| Some(value.to_string());
        Ok(match own {
            "TARGET" => Some(self.display.to_string()),
            "TARGET_NAME" => Some(self.key.target.clone()),
            "PUSH" => flag(settings.push),
            "CI" => flag(settings.ci),
            "CI_RUNNER" | "LOCALLY" => flag(false),
            "VERSION" => Some(env!("CARGO_PKG_VERSION").to_owned()),
            "TARGET_PROJECT"
            | "TARGET_PROJECT_NO_TAG"
            | "TARGET_TAG"
            | "TARGET_TAG_DOCKER"
            | "BUILD_SHA"
            | "SOURCE_DATE_EPOCH" => {
                return Err(unsupported(name, span));
            }
            git if git.starts_with("GIT_") => return Err(unsupported(name, span)),
            _ => None,
        })
    }
}

fn unsupported(name: &str, span: Span) -> super::fault::Fault {
    let message = format!("the built-in argument `{name}` is not supported yet by this version of rbuild");
    Diagnostic::error("not-supported-yet", span, message).help("pass the value as an argument of another name").into()
}

fn platform_field(platform: &Platform, field: &str) -> Option<String> {
    match field {
        "PLATFORM" => Some(platform.to_string()),
        "OS" => Some(platform.os.clone()),
        "ARCH" => Some(platform.arch.clone()),
        "VARIANT" => Some(platform.variant.clone()),
        _ => None,
    }
}
