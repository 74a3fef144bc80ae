//! `--platform`.

use super::super::analyser::Analyser;
use super::super::template::Template;
use crate::diagnostic::Diagnostic;
use crate::platform::Platform;
use crate::syntax::ast::Word;
use crate::syntax::suggest::nearest;

/// Operating systems and processors that images are made for, by Go's names.
const SYSTEMS: &[&str] = &["linux", "windows", "darwin", "freebsd", "wasip1"];
const PROCESSORS: &[&str] = &[
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
];

/// Reads the value of `--platform`: `os/arch[/variant]`, `native`, `user`, or nothing.
pub(super) fn platform(analyser: &mut Analyser<'_>, word: &Word) -> Template {
    let template = analyser.template(word);
    let text = template.as_literal().filter(|text| !matches!(*text, "" | "native" | "user"));
    match text.map(str::parse::<Platform>) {
        Some(Ok(platform)) => {
            if let Some(near) = misspelt_platform(&platform) {
                let message = format!("`{platform}` is no platform that is known");
                analyser.warn("unknown-platform", word.span, message, &format!("did you mean `{near}`?"));
            }
        }
        Some(Err(fault)) => analyser.fault(Diagnostic::error("invalid-platform", word.span, fault.to_string())),
        None => {}
    }
    template
}

/// The platform that was meant by one that nobody knows, and that is spelt like a known one. The list of platforms is open: others may exist.
#[must_use]
pub fn misspelt_platform(platform: &Platform) -> Option<Platform> {
    let part = |written: &str, known: &[&'static str]| match known.contains(&written) {
        true => Some(written.to_owned()),
        false => nearest(written, known.iter().copied()).map(str::to_owned),
    };
    let near =
        Platform { os: part(&platform.os, SYSTEMS)?, arch: part(&platform.arch, PROCESSORS)?, ..platform.clone() };
    (near != *platform).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_may_be_spelt_differently() {
        for (written, meant) in [
            ("linux/amd64", None),
            ("linux/arm/v7", None),
            ("linux/x86_64", None),
            ("linux/amd46", Some("linux/amd64")),
            ("linxu/arm64/v8", Some("linux/arm64")),
            ("linux/something", None),
            ("plan9/amd46", None),
        ] {
            let meant_by = misspelt_platform(&written.parse().unwrap()).map(|near| near.to_string());
            assert_eq!(meant_by.as_deref(), meant, "{written}");
        }
    }
}
