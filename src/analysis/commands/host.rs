//! `HOST`

use super::super::analyser::Analyser;
use super::super::features::Feature;
use super::super::program::{Host, StepKind};
use crate::syntax::ast::Command;
use std::net::IpAddr;

pub(super) fn read(analyser: &mut Analyser<'_>, command: &Command) -> Option<StepKind> {
    if !analyser.allows(Feature::UseHostCommand, "HOST", command.span) {
        return None;
    }
    let [name, address] = analyser.words(command)? else {
        let message = "`HOST` takes a name and an address".to_owned();
        return analyser.error("host", command.span, message, "write `HOST example.com 127.0.0.1`");
    };
    let (name, address) = (analyser.template(name), analyser.template(address));
    if let Some(text) = address.as_literal()
        && text.parse::<IpAddr>().is_err()
    {
        let message = format!("`{text}` is not an IP address");
        return analyser.error(
            "host",
            address.span,
            message,
            "write `HOST name address`, for example `HOST example.com 127.0.0.1`",
        );
    }
    Some(StepKind::Host(Host { name, address }))
}
