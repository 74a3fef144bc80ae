//! The trace that a build is a part of, as whoever called rbuild says it: W3C Trace Context, <https://www.w3.org/TR/trace-context/>.

/// The span that is the parent of a build's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The trace, in 32 hexadecimal digits.
    pub trace: String,
    /// The span, in 16 hexadecimal digits.
    pub span: String,
    /// Whether it is recorded. What belongs to one that is not is not recorded either.
    pub sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`TRACEPARENT` is `{0}`, which is no W3C trace context")]
pub struct ParentError(pub String);

impl Parent {
    /// Reads `00-<trace>-<span>-<flags>`. Later versions may have more fields behind these.
    ///
    /// # Errors
    /// When it is not written like that.
    pub fn parse(text: &str) -> Result<Self, ParentError> {
        let fields: Vec<&str> = text.trim().split('-').collect();
        let is_hex = |field: &str, digits: usize| {
            field.len() == digits && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_id = |field: &str, digits: usize| is_hex(field, digits) && field.bytes().any(|byte| byte != b'0');
        match fields[..] {
            [version, trace, span, flags, ref more @ ..]
                if is_hex(version, 2)
                    && version != "ff"
                    && (version != "00" || more.is_empty())
                    && is_id(trace, 32)
                    && is_id(span, 16)
                    && is_hex(flags, 2) =>
            {
                let sampled = u8::from_str_radix(flags, 16).is_ok_and(|flags| flags & 1 == 1);
                Ok(Self { trace: trace.to_owned(), span: span.to_owned(), sampled })
            }
            _ => Err(ParentError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn trace_contexts_are_read() {
        let check = |text: &str, sampled: bool| {
            let expect = Parent { trace: TRACE.to_owned(), span: SPAN.to_owned(), sampled };
            assert_eq!(Parent::parse(text), Ok(expect), "{text}");
        };
        check(&format!("00-{TRACE}-{SPAN}-01"), true);
        check(&format!("00-{TRACE}-{SPAN}-00"), false);
        check(&format!("00-{TRACE}-{SPAN}-03"), true);
        check(&format!("cc-{TRACE}-{SPAN}-01-what-comes"), true);
    }

    #[test]
    fn other_texts_are_refused() {
        let zeros = "0".repeat(32);
        let upper = TRACE.to_uppercase();
        for text in [
            String::new(),
            "none".to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{zeros}-{SPAN}-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("00-{upper}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-1"),
        ] {
            assert_eq!(Parent::parse(&text), Err(ParentError(text.clone())), "{text}");
        }
    }
}
