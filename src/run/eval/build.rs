//! `BUILD`, `ARG`.

use super::base;
use super::evaluator::hold;
use super::fault::Eval;
use super::recipe::Frame;
use crate::analysis::features::Feature;
use crate::analysis::program::{Arg, Build, BuildArg, Step};
use crate::diagnostic::Diagnostic;
use indexmap::IndexMap;

impl Frame<'_> {
    pub(super) async fn build(&mut self, step: &Step, build: &Build) -> Eval<()> {
        let mut platforms = Vec::new();
        for platform in &build.platforms {
            platforms.push(self.platform(Some(platform)).await?);
        }
        if platforms.is_empty() {
            platforms.push(self.state.platform.clone());
        }
        let calls = self.calls(&build.call, Feature::WildcardBuilds).await?;
        let trace = self.through(step);
        for platform in platforms {
            for call in &calls {
                for args in matrix(&call.passing.args) {
                    let key = self.key_of(call, &args, platform.clone(), true).await?;
                    self.settle_here().await?;
                    let _started = self.evaluator.begin(&key, self.depth, call.span, &trace, self.moment)?;
                    hold(&self.evaluator.reached).build(self.key, &key);
                    self.instance.builds.push((key, call.span));
                }
            }
        }
        Ok(())
    }

    pub(super) async fn arg(&mut self, step: &Step, arg: &Arg) -> Eval<()> {
        let name = arg.name.text.as_str();
        let features = &self.unit.features;
        let (strict, explicit_global) = (features.arg_scope_and_set(), features.explicit_global());
        let value = match self.builtin(name).await {
            Some(value) => value,
            None => match self.home.overrides.get(name) {
                Some(value) => value.clone(),
                None => {
                    let earlier = if strict { None } else { self.earlier(name, step).await? };
                    match (earlier, &arg.default) {
                        (Some(value), _) => value,
                        (None, Some(default)) => self.expand(default).await?,
                        (None, None) => String::new(),
                    }
                }
            },
        };
        if arg.required && value.is_empty() {
            return Err(Diagnostic::error(
                "missing-value",
                arg.name.span,
                format!("no value is given for the required ARG `{name}`"),
            )
            .help(format!("pass it: `--{name}=value` behind the target's name"))
            .into());
        }
        if self.key.target == base::NAME && self.home.calls == 0 && (arg.global || !explicit_global) {
            self.scope.globals.insert(name.to_owned(), value);
            return Ok(());
        }
        Ok(self.scope.arg(name, value, arg.name.span, strict)?)
    }

    /// Before 0.8, an argument keeps the value that its name has already.
    async fn earlier(&self, name: &str, step: &Step) -> Eval<Option<String>> {
        let known = self.scope.local(name).or_else(|| self.state.patch.env.get(name).map(String::as_str));
        if let Some(value) = known {
            return Ok(Some(value.to_owned()));
        }
        if self.state.begun
            && let Some(config) = self.image_config(step.span).await?
            && let Some(value) = config.variable(name)
        {
            return Ok(Some(value.to_owned()));
        }
        Ok(self.scope.globals.get(name).cloned())
    }
}

/// Arguments of which each name has one value; a name that is given more than once makes a matrix, the first name changing slowest.
fn matrix(args: &[BuildArg]) -> Vec<Vec<BuildArg>> {
    let mut by_name: IndexMap<&str, Vec<&BuildArg>> = IndexMap::new();
    for arg in args {
        by_name.entry(&arg.name).or_default().push(arg);
    }
    let mut rows: Vec<Vec<BuildArg>> = vec![Vec::new()];
    for values in by_name.values() {
        rows = rows
            .into_iter()
            .flat_map(|row| values.iter().map(move |value| row.iter().cloned().chain([(*value).clone()]).collect()))
            .collect();
    }
    rows
}
