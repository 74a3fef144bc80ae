//! `FROM`, and how a reference becomes the key of an instance.

use super::evaluator::hold;
use super::fault::Eval;
use super::files::Destination;
use super::instance::{Instance, Key, Overrides};
use super::interactive::check_goes_on;
use super::locally::check_image;
use super::recipe::Frame;
use super::state::State;
use crate::analysis::builtins::is_builtin;
use crate::analysis::missing_target;
use crate::analysis::program::{BuildArg, Call, From, FromSource, Late, Step};
use crate::analysis::reference::{Place, TargetRef};
use crate::analysis::template::Template;
use crate::diagnostic::Diagnostic;
use crate::graph::{ImageSource, Op};
use crate::image_name::ImageName;
use crate::platform::Platform;
use crate::source::Span;
use std::sync::Arc;

impl Frame<'_> {
    pub(super) async fn from(&mut self, step: &Step, from: &From) -> Eval<()> {
        let platform = self.platform(from.platform.as_ref()).await?;
        match &from.source {
            FromSource::Target(call) => self.start_from_target(step, call, platform).await,
            FromSource::Image(name) => {
                let text = self.expand(name).await?;
                if text.contains('+') {
                    let target = self.parse_target(&text, name.span)?;
                    let call = from.passing.call(Late::Known(target), name.span);
                    return self.start_from_target(step, &call, platform).await;
                }
                self.start_from_image(step, &text, name.span, platform).await
            }
        }
    }

    async fn start_from_image(&mut self, step: &Step, name: &str, span: Span, platform: Platform) -> Eval<()> {
        self.settle_here().await?;
        self.leave_host();
        self.state = State { begun: true, ..State::new(platform.clone()) };
        if name == "scratch" {
            return Ok(());
        }
        let reference =
            if self.evaluator.is_guess(name) { name.to_owned() } else { image_name(name, span)?.normalized() };
        let source = ImageSource { reference, platform };
        let root = self.add(step, Op::Image(source.clone()));
        self.state.root = Some(root);
        self.state.image = Some((root.vertex, source));
        Ok(())
    }

    async fn start_from_target(&mut self, step: &Step, call: &Call, platform: Platform) -> Eval<()> {
        let instance = self.needed(step, call, &call.passing.args, platform).await?;
        check_image(&instance, call.span)?;
        check_goes_on(&instance, call.span)?;
        self.leave_host();
        self.hollow = (!instance.saved.begun).then_some(call.span);
        self.state = State { cmd_set: false, caches: Vec::new(), ..instance.saved.clone() };
        Ok(())
    }

    /// The platform that a flag names; without one, the current one.
    pub(super) async fn platform(&self, flag: Option<&Template>) -> Eval<Platform> {
        let Some(flag) = flag else { return Ok(self.state.platform.clone()) };
        match self.expand(flag).await?.as_str() {
            "" => Ok(self.state.platform.clone()),
            "native" => Ok(self.evaluator.native().clone()),
            "user" => Ok(self.evaluator.settings.user.clone()),
            text if self.evaluator.is_guess(text) => Ok(self.state.platform.clone()),
            text => text.parse().map_err(|error: crate::platform::InvalidPlatform| {
                Diagnostic::error("invalid-platform", flag.span, error.to_string()).into()
            }),
        }
    }

    /// Evaluates a target that a command of this recipe takes data from.
    pub(super) async fn needed(
        &mut self,
        step: &Step,
        call: &Call,
        args: &[BuildArg],
        platform: Platform,
    ) -> Eval<Arc<Instance>> {
        let key = self.key_of(call, args, platform, false).await?;
        if !self.unit.features.referenced_save_only() {
            hold(&self.evaluator.reached).build(self.key, &key);
        }
        self.settle_here().await?;
        let trace = self.through(step);
        let instance = self.evaluator.instance(self.key, &key, self.depth, call.span, &trace, self.moment).await?;
        self.moment = self.moment.and(instance.moment);
        self.instance.uses.push(key);
        Ok(instance)
    }

    /// The instance that a call means; `build`: whether it is `BUILD`, which does pushes where this recipe does. Before 0.6 all calls do.
    pub(super) async fn key_of(
        &self,
        call: &Call,
        args: &[BuildArg],
        platform: Platform,
        build: bool,
    ) -> Eval<Arc<Key>> {
        let target = match &call.target {
            Late::Known(target) => target.clone(),
            Late::Expand(template) => {
                let text = self.expand(template).await?;
                self.parse_target(&text, template.span)?
            }
        };
        let Destination { dir, trusted } = self.destination(&target, call.passing.allow_privileged, call.span).await?;
        if let Some(fault) = missing_target(&self.evaluator.unit(&dir), &target, call.span) {
            return Err(fault.into());
        }
        let overrides = self.passed(call, args, target.place == Place::Here).await?;
        let pushes = self.key.pushes && (build || !self.unit.features.referenced_save_only());
        Ok(Arc::new(Key { dir, target: target.target, overrides, platform, trusted, pushes }))
    }

    /// What a call passes: its arguments, on top of what this recipe was passed where the target is of the same file, or all is to be
    /// handed on.
    pub(super) async fn passed(&self, call: &Call, args: &[BuildArg], here: bool) -> Eval<Overrides> {
        let mut overrides = Overrides::new();
        if here || call.passing.pass_args {
            overrides.extend(self.home.overrides.clone());
        }
        if call.passing.pass_args {
            let globals = self.scope.globals.iter().map(|(k, v)| (k.as_str(), v.as_str()));
            let passed = globals.chain(self.scope.args());
            let own = passed.filter(|(name, _)| !is_builtin(name));
            overrides.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        for arg in args {
            overrides.insert(arg.name.clone(), self.build_arg(arg).await?);
        }
        Ok(overrides)
    }

    /// The value that a caller passes.
    pub(super) async fn build_arg(&self, arg: &BuildArg) -> Eval<String> {
        if let Some(value) = &arg.value {
            return self.expand(value).await;
        }
        self.variable(&arg.name, arg.span).await?.ok_or_else(|| {
            let message = format!("no value is given for build arg `{0}`, and no variable `{0}` is set here", arg.name);
            Diagnostic::error("missing-value", arg.span, message).help(format!("write `--{}=value`", arg.name)).into()
        })
    }

    /// Refuses a reference that only a running build knows.
    pub(super) fn not_guessed(&self, text: &str, span: Span) -> Eval<()> {
        if !self.evaluator.is_guess(text) {
            return Ok(());
        }
        let message = format!("the target `{text}` is known only when the build runs");
        Err(Diagnostic::error("unknown-target", span, message)
            .help("`rbuild plan --evaluate` runs what is needed to know it")
            .into())
    }

    pub(super) fn parse_target(&self, text: &str, span: Span) -> Eval<TargetRef> {
        self.not_guessed(text, span)?;
        TargetRef::parse(text)
            .map_err(|error| Diagnostic::error("invalid-reference", span, error.to_string()).help(error.help()).into())
    }
}

/// Reads the name of an image after its expansion.
pub(super) fn image_name(text: &str, span: Span) -> Result<ImageName, Diagnostic> {
    ImageName::parse(text).map_err(|error| {
        Diagnostic::error("image-name", span, error.to_string()).help("write `name:tag` or `registry/name:tag`")
    })
}
