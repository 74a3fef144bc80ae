//! Blocks of a recipe: `IF`, `FOR`, `WAIT`, `TRY`. Each becomes one step that holds the recipes inside of it.

use super::commands::{condition, for_in};
use super::features::{Feature, Version};
use super::program::{Branch, For, If, Recipe, SaveArtifact, Step, StepKind, Try};
use super::recipe::{State, Walk, merge};
use super::reference::has_wildcard;
use super::step_text::step_text;
use crate::syntax::ast::{self, Block, Command, Statement};

impl Walk<'_, '_> {
    /// `IF`; each branch begins with what is known in front of the block.
    pub(super) fn condition(&mut self, state: &mut State, block: &ast::If) -> Option<StepKind> {
        let (mut branches, mut ends, mut whole) = (Vec::new(), Vec::new(), true);
        let mut refused = Vec::new();
        for ast::Branch { header, body } in &block.branches {
            let condition = condition(self.analyser, header);
            // Now, or they would be told of the first command inside.
            refused.extend(self.analyser.take_later());
            let mut inner = state.clone();
            let body = self.body(&mut inner, body);
            ends.push(inner);
            match condition {
                Some(condition) => {
                    branches.push(Branch { span: header.span, text: step_text(header), condition, body });
                }
                None => whole = false,
            }
        }
        let mut inner = state.clone();
        let otherwise = block.otherwise.as_deref().map(|body| self.body(&mut inner, body)).unwrap_or_default();
        ends.push(inner);
        merge(state, &ends);
        if !refused.is_empty() {
            return Some(StepKind::Unsupported(refused));
        }
        whole.then_some(StepKind::If(If { branches, otherwise }))
    }

    /// `FOR`; there may be nothing to go over.
    pub(super) fn iteration(&mut self, state: &mut State, block: &Block) -> Option<StepKind> {
        let allowed = self.allows(Feature::ForIn, &block.header);
        let head = for_in(self.analyser, &block.header);
        let refused = self.analyser.take_later();
        let before = state.clone();
        let outer = head.as_ref().map(|head| state.names.enter(&head.variable));
        let body = self.body(state, &block.body);
        if let Some((head, outer)) = head.as_ref().zip(outer) {
            state.names.leave(&head.variable, outer);
        }
        let after = std::mem::replace(state, before.clone());
        merge(state, &[before, after]);
        if !refused.is_empty() {
            return allowed.then_some(StepKind::Unsupported(refused));
        }
        let head = head.filter(|_| allowed)?;
        let (variable, separators, values) = (head.variable, head.separators, head.values);
        Some(StepKind::For(For { variable, separators, values, body }))
    }

    /// `WAIT`
    pub(super) fn waiting(&mut self, state: &mut State, block: &Block) -> Option<StepKind> {
        let allowed = self.allows(Feature::WaitBlock, &block.header);
        let body = self.body(state, &block.body);
        allowed.then_some(StepKind::Wait(body))
    }

    /// `TRY`
    pub(super) fn attempt(&mut self, state: &mut State, block: &ast::Try) -> Option<StepKind> {
        let mut allowed = self.allows(Feature::Try, &block.header);
        let body = self.body(state, &block.body);
        let is_one = matches!(body.as_slice(), [Step { kind: StepKind::Run(_) | StepKind::WithDocker(_), .. }]);
        if !is_one && !self.analyser.incomplete {
            let span = body.get(1).map_or(block.header.span, |second| second.span);
            let message = "`TRY` holds exactly one `RUN` or `WITH DOCKER`".to_owned();
            let help = "join commands with `&&`, and put what needs no rescue above `TRY`";
            self.analyser.error::<()>("try-body", span, message, help);
            allowed = false;
        }
        let modern = self.analyser.features.version >= Version::V1_0;
        if let Some(catch) = block.catch.as_ref().filter(|_| !modern) {
            let span = catch.first().map_or(block.header.span, Statement::span);
            let message = "`TRY` does not support `CATCH` in this version of the language".to_owned();
            self.analyser.error::<()>("catch", span, message, "move to `VERSION 1.0`, or use `FINALLY`");
            allowed = false;
        }
        let catch = block.catch.as_deref().map(|body| self.body(&mut state.clone(), body)).unwrap_or_default();
        let finally = block.finally.as_deref().map(|body| self.body(state, body)).unwrap_or_default();
        for step in &finally {
            self.check_finally(step, modern);
        }
        allowed.then_some(StepKind::Try(Try { body, catch, finally }))
    }

    /// What `FINALLY` may hold: files that are saved on this machine; before 1.0, files with fixed names.
    fn check_finally(&mut self, step: &Step, modern: bool) {
        let (span, message, help) = match &step.kind {
            StepKind::SaveArtifact(_) if modern => return,
            StepKind::SaveArtifact(SaveArtifact { source, local: Some(local), .. }) => {
                if source.as_literal().is_some_and(has_wildcard) {
                    let message = "`FINALLY` does not support patterns in this version of the language";
                    (source.span, message, "name each file, or move to `VERSION 1.0`")
                } else if local.as_literal().is_none() {
                    let message =
                        "`FINALLY` does not support variables in a local path in this version of the language";
                    (local.span, message, "write the path without variables, or move to `VERSION 1.0`")
                } else {
                    return;
                }
            }
            _ => {
                let message = "`FINALLY` takes only `SAVE ARTIFACT … AS LOCAL`";
                (step.span, message, "write `SAVE ARTIFACT path AS LOCAL path`")
            }
        };
        self.analyser.error::<()>("finally", span, message.to_owned(), help);
    }

    fn allows(&mut self, feature: Feature, header: &Command) -> bool {
        self.analyser.allows(feature, header.keyword.as_str(), header.span)
    }

    /// A block as a step.
    pub(super) fn block_step(&mut self, state: &mut State, statement: &Statement) -> Option<Step> {
        let (header, kind) = match statement {
            Statement::If(block) => {
                (block.branches.first().map(|branch| &branch.header)?, self.condition(state, block))
            }
            Statement::For(block) => (&block.header, self.iteration(state, block)),
            Statement::Wait(block) => (&block.header, self.waiting(state, block)),
            Statement::Try(block) => (&block.header, self.attempt(state, block)),
            Statement::With(_) | Statement::Command(_) => return None,
        };
        Some(Step { span: header.span, text: step_text(header), kind: kind? })
    }

    /// The steps of a block.
    pub(super) fn body(&mut self, state: &mut State, statements: &[Statement]) -> Recipe {
        let outer = std::mem::take(&mut self.steps);
        self.statements(state, statements);
        std::mem::replace(&mut self.steps, outer)
    }
}
