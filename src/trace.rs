//! The way from what the user asked for to a command.

use crate::source::Location;
use std::sync::Arc;

/// A command that led into another recipe: `BUILD +test`, `DO lib+CHECK`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The target whose recipe it is in, as shown: `+all`.
    pub target: Arc<str>,
    /// The command as written, on one line.
    pub command: Arc<str>,
    /// Where it is written.
    pub location: Location,
}

/// The calls that led to a recipe; none where the user asked for it. Where several ways lead to it, this is the one that was gone first.
///
/// Ways that begin alike share their beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace(Option<Arc<Link>>);

#[derive(Debug, PartialEq, Eq)]
struct Link {
    call: Call,
    before: Trace,
}

impl Trace {
    /// The way on through a call.
    #[must_use]
    pub fn through(&self, call: Call) -> Self {
        Self(Some(Arc::new(Link { call, before: self.clone() })))
    }

    /// Whether there is no call: the user asked for the recipe.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The calls, the user's own target's first.
    #[must_use]
    pub fn calls(&self) -> Vec<&Call> {
        let mut calls: Vec<&Call> =
            std::iter::successors(self.0.as_deref(), |link| link.before.0.as_deref()).map(|link| &link.call).collect();
        calls.reverse();
        calls
    }

    /// The same way with other calls.
    #[must_use]
    pub fn map(&self, change: impl Fn(&Call) -> Call) -> Self {
        self.calls().into_iter().fold(Self::default(), |trace, call| trace.through(change(call)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_come_in_the_order_in_which_they_were_made() {
        let call = |command: &str| Call {
            target: "+all".into(),
            command: command.into(),
            location: Location { file: "Buildfile".into(), line: 1, column: 1 },
        };
        let build = Trace::default().through(call("BUILD +test"));
        let (one, other) = (build.through(call("DO +ONE")), build.through(call("DO +OTHER")));
        let commands = |trace: &Trace| trace.calls().iter().map(|call| call.command.to_string()).collect::<Vec<_>>();
        assert_eq!(commands(&one), ["BUILD +test", "DO +ONE"]);
        assert_eq!(commands(&other), ["BUILD +test", "DO +OTHER"]);
        assert!(Trace::default().is_empty() && !build.is_empty());
        let again = one.map(|call| Call { target: "+x".into(), ..call.clone() });
        assert_eq!(commands(&again), commands(&one));
        assert!(again.calls().iter().all(|call| &*call.target == "+x"));
    }
}
