//! The paths of the build context that a source may name.

use crate::diagnostic::Diagnostic;
use crate::path::clean;
use crate::source::Span;

/// Checks a source of `COPY` that is no artifact.
///
/// # Errors
/// A fault at `span`, if it is an address, or no path of the build context.
pub fn check_copy_source(text: &str, span: Span) -> Result<(), Diagnostic> {
    if text.contains("://") {
        return Err(Diagnostic::error("copy-url", span, format!("`COPY` cannot fetch `{text}`"))
            .help("fetch it in a `RUN`, for example with `curl`"));
    }
    check_context_path(text, span)
}

/// Checks that a path lies in the build context.
///
/// # Errors
/// A fault at `span`, if it is absolute or leads out of the directory of the file.
pub(super) fn check_context_path(text: &str, span: Span) -> Result<(), Diagnostic> {
    let fault = |code, message: String, help: &str| Err(Diagnostic::error(code, span, message).help(help));
    if text.starts_with('/') {
        let help = "write a path relative to the directory of this file";
        return fault("copy-absolute", format!("`{text}` is not a path of the build context"), help);
    }
    if clean(text).split('/').next() == Some("..") {
        let message = format!("`{text}` lies outside of the directory of this file");
        let help = "save it as an artifact in the Buildfile over there, and copy `../directory+target/path`";
        return fault("copy-outside", message, help);
    }
    Ok(())
}
