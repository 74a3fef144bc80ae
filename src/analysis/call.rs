//! A target, what it is given, and how: what `FROM`, `COPY`, `BUILD` have in common.

use super::analyser::Analyser;
use super::build_args;
use super::features::Feature;
use super::flags::{FlagSpec, Found};
use super::program::{ArtifactCall, BuildArg, Call, Late, Passing};
use super::reference::{Place, ReferenceError, TargetRef};
use super::template::Template;
use super::wildcard::wildcard_fault;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::syntax::ast::Word;

/// The flags of every command that names a target.
pub(super) const PASS_ARGS: FlagSpec = FlagSpec::switch("pass-args").needs(Feature::PassArgs);
/// Lets a target of another repository use privileges.
pub(super) const ALLOW_PRIVILEGED: FlagSpec = FlagSpec::switch("allow-privileged");
/// The old form of arguments.
pub(super) const BUILD_ARG: FlagSpec = FlagSpec::value("build-arg");

/// The flags that say how a target is called, read once for a command.
pub(super) struct How {
    pass_args: bool,
    allow_privileged: Option<Span>,
    old_args: Vec<BuildArg>,
    /// What the file needs for wildcards in the target's place; `None`: the command takes one target.
    wildcards: Option<Feature>,
}

impl How {
    pub(super) fn read(analyser: &mut Analyser<'_>, found: &Found) -> Self {
        let allowed = found.switch(analyser, ALLOW_PRIVILEGED.name);
        Self {
            pass_args: found.switch(analyser, PASS_ARGS.name),
            allow_privileged: found.span(ALLOW_PRIVILEGED.name).filter(|_| allowed),
            old_args: build_args::old(analyser, &found.values(BUILD_ARG.name)),
            wildcards: None,
        }
    }

    /// The same for a command that takes several targets at once, in files with this feature.
    pub(super) fn with_wildcards(self, feature: Feature) -> Self {
        Self { wildcards: Some(feature), ..self }
    }

    /// The same with these arguments, in front of those of the old form, for every target that is called.
    pub(super) fn with_args(&self, mut args: Vec<BuildArg>) -> Self {
        args.extend(self.old_args.iter().cloned());
        Self { old_args: args, ..*self }
    }

    /// Whether there are arguments: then a target is called, whatever variables stand for.
    pub(super) fn has_args(&self) -> bool {
        !self.old_args.is_empty()
    }

    /// What a target is given that variables may turn out to name.
    pub(super) fn passing(&self) -> Passing {
        Passing {
            args: self.old_args.clone(),
            pass_args: self.pass_args,
            allow_privileged: self.allow_privileged.is_some(),
        }
    }

    /// Reports the flags that mean nothing, where no target is called. `what` is the form of the command that is used.
    pub(super) fn refuse(&self, analyser: &mut Analyser<'_>, found: &Found, what: &str) {
        if let Some(arg) = self.old_args.first() {
            let help = "arguments are given to targets; write `+target --name=value`";
            analyser.error::<()>("build-arg", arg.span, format!("{what} takes no arguments"), help);
        }
        let idle = [self.allow_privileged, found.span(PASS_ARGS.name).filter(|_| self.pass_args)];
        for (span, name) in idle.into_iter().zip([ALLOW_PRIVILEGED.name, PASS_ARGS.name]) {
            if let Some(span) = span {
                analyser.warn(
                    "no-effect",
                    span,
                    format!("`--{name}` has no effect: {what} calls no target"),
                    "remove it",
                );
            }
        }
    }

    /// The call of a target with the words behind it.
    pub(super) fn call(&self, analyser: &mut Analyser<'_>, target: Template, args: &[Word]) -> Option<Call> {
        self.with(analyser, target, args, TargetRef::parse)
    }

    /// The call of an artifact that variables bring, with the words behind it.
    pub(super) fn open(&self, analyser: &mut Analyser<'_>, reference: Template, args: &[Word]) -> ArtifactCall {
        let passing = self.with_args(build_args::trailing(analyser, args)).passing();
        ArtifactCall::Open { reference, passing }
    }

    /// The call of a function with the words behind it.
    pub(super) fn function(&self, analyser: &mut Analyser<'_>, function: Template, args: &[Word]) -> Option<Call> {
        self.with(analyser, function, args, TargetRef::parse_function)
    }

    fn with(
        &self,
        analyser: &mut Analyser<'_>,
        target: Template,
        args: &[Word],
        parse: fn(&str) -> Result<TargetRef, ReferenceError>,
    ) -> Option<Call> {
        let span = target.span;
        let passing = self.with_args(build_args::trailing(analyser, args)).passing();
        let target = self.resolve(analyser, target, parse)?;
        if let (Some(flag), Late::Known(TargetRef { place: Place::Here | Place::Directory(_), .. })) =
            (self.allow_privileged, &target)
        {
            let message = "`--allow-privileged` has no effect on a target of this machine".to_owned();
            analyser.warn("no-effect", flag, message, "remove it: it is for targets of other repositories");
        }
        Some(passing.call(target, span))
    }

    /// Reads a reference, where it holds no variable.
    fn resolve(
        &self,
        analyser: &mut Analyser<'_>,
        target: Template,
        parse: fn(&str) -> Result<TargetRef, ReferenceError>,
    ) -> Option<Late<TargetRef>> {
        let span = target.span;
        let late = match Late::of(target, parse) {
            Ok(late) => late,
            Err(fault) => {
                analyser.fault(Diagnostic::error("invalid-reference", span, fault.to_string()).help(fault.help()));
                return None;
            }
        };
        if let Late::Known(known) = &late
            && known.place.has_wildcard()
            && let Some(fault) = wildcard_fault(analyser.features, self.wildcards, known, span)
        {
            analyser.fault(fault);
            return None;
        }
        Some(late)
    }
}
