//! `IF`, `FOR`: which steps are walked, and how often.

use super::fault::Eval;
use super::recipe::Frame;
use super::scope::Scope;
use super::shell::{self, Value};
use super::state::State;
use crate::analysis::features::Version;
use crate::analysis::program::{Branch, CommandLine, For, If, Late, Question, Recipe, Step};
use crate::graph::op::ByHand;
use crate::source::Span;
use std::collections::HashMap;

/// What `echo` separates by, and what people separate by.
const SEPARATORS: &str = "\n\t ";

/// Where a recipe is: what one way through it makes, and another one does not see.
#[derive(Clone)]
pub(super) struct Point {
    scope: Scope,
    state: State,
    first_push: Option<Span>,
    by_hand: Option<(ByHand, Span)>,
    hollow: Option<Span>,
}

impl Frame<'_> {
    pub(super) async fn condition(&mut self, block: &If) -> Eval<()> {
        for (at, branch) in block.branches.iter().enumerate() {
            match self.holds(branch).await? {
                Some(true) => return self.steps(&branch.body).await,
                Some(false) => {}
                None => return self.all_branches(branch, &block.branches[at + 1..], &block.otherwise).await,
            }
        }
        self.steps(&block.otherwise).await
    }

    /// Whether a condition holds; `None` where nobody knows.
    async fn holds(&self, branch: &Branch) -> Eval<Option<bool>> {
        let question = &branch.condition;
        if let CommandLine::Shell(text) = &question.command {
            let text = text.as_literal().unwrap_or_default();
            let values = self.shell_values(text, question, branch.span).await?;
            if let Some(decided) = shell::decide(text, &|name| values.get(name).cloned().unwrap_or(Value::Unknown)) {
                return Ok(Some(decided));
            }
        }
        self.check_begun(&branch.text, branch.span)?;
        self.run_condition(question, &branch.text, branch.span).await
    }

    /// The variables of a command, as a step would see them.
    async fn shell_values(&self, text: &str, question: &Question, span: Span) -> Eval<HashMap<String, Value>> {
        // A variable of a secret's or of the agent's wins, and its value is not known here.
        let hidden = !question.secrets.is_empty() || question.ssh != Late::Known(false);
        let mut values = HashMap::new();
        for name in shell::names(text) {
            let value = if hidden { Value::Unknown } else { self.shell_value(&name, span).await? };
            values.insert(name, value);
        }
        Ok(values)
    }

    async fn shell_value(&self, name: &str, span: Span) -> Eval<Value> {
        Ok(match self.set_variable(name, span).await? {
            Some(Some(value)) if self.evaluator.is_guess(&value) => Value::Unknown,
            Some(Some(value)) => Value::Known(value),
            // What the environment of this machine holds is not known here.
            Some(None) if self.state.local.is_some() => Value::Unknown,
            Some(None) => Value::Unset,
            None => Value::Unknown,
        })
    }

    /// Where the recipe is.
    pub(super) fn point(&self) -> Point {
        let (scope, state) = (self.scope.clone(), self.state.clone());
        Point { scope, state, first_push: self.first_push, by_hand: self.by_hand, hollow: self.hollow }
    }

    /// Goes on from another point.
    pub(super) fn go_to(&mut self, Point { scope, state, first_push, by_hand, hollow }: Point) {
        (self.scope, self.state) = (scope, state);
        (self.first_push, self.by_hand, self.hollow) = (first_push, by_hand, hollow);
    }

    /// Walks every branch that might be taken, each from here, and goes on from the end of the first. What differs is not known.
    async fn all_branches(&mut self, first: &Branch, more: &[Branch], otherwise: &Recipe) -> Eval<()> {
        let before = self.point();
        let mut ends = Vec::new();
        let mut last = Some(otherwise);
        self.branch(&first.body, &before, &mut ends).await?;
        for branch in more {
            match self.holds(branch).await? {
                Some(false) => {}
                Some(true) => {
                    last = Some(&branch.body);
                    break;
                }
                None => self.branch(&branch.body, &before, &mut ends).await?,
            }
        }
        if let Some(body) = last {
            self.branch(body, &before, &mut ends).await?;
        }
        self.join(&ends);
        Ok(())
    }

    async fn branch(&mut self, body: &Recipe, before: &Point, ends: &mut Vec<Point>) -> Eval<()> {
        self.steps(body).await?;
        let end = self.point();
        self.go_to(before.clone());
        if let Some(last) = end.state.last().filter(|last| before.state.last() != Some(*last)) {
            self.note_asked(last.vertex);
        }
        ends.push(end);
        Ok(())
    }

    /// Goes on from the end of the first branch that has an image. What a branch forbids behind it is forbidden.
    fn join(&mut self, ends: &[Point]) {
        let at = ends.iter().position(|end| end.state.begun).unwrap_or(0);
        let scopes: Vec<&Scope> = ends.iter().map(|end| &end.scope).collect();
        let unknown = |name: &str| self.unknown(&format!("${name}"));
        let scope = Scope::join(&scopes, &unknown);
        let mut state = ends[at].state.clone();
        for (name, value) in &mut state.patch.env {
            if ends.iter().any(|end| end.state.patch.env.get(name) != Some(value)) {
                *value = unknown(name);
            }
        }
        self.go_to(Point {
            scope,
            state,
            first_push: ends.iter().find_map(|end| end.first_push),
            by_hand: ends.iter().find_map(|end| end.by_hand),
            hollow: ends.iter().find_map(|end| end.hollow),
        });
    }

    pub(super) async fn iteration(&mut self, step: &Step, block: &For) -> Eval<()> {
        let separators = match &block.separators {
            Some(template) => self.expand(template).await?.replace("\\n", "\n").replace("\\t", "\t"),
            None => SEPARATORS.to_owned(),
        };
        let words = match &block.values.command {
            CommandLine::Shell(text) => text.as_literal().unwrap_or_default().to_owned(),
            CommandLine::Exec(args) => args.join(" "),
        };
        let values = self.shell_values(&words, &block.values, step.span).await?;
        let lookup = |name: &str| values.get(name).cloned().unwrap_or(Value::Unknown);
        let items = match shell::items(&words, &separators, &lookup) {
            Some(items) => Some(items),
            None => {
                self.check_begun(&step.text, step.span)?;
                let printed = self.run_list(&block.values, &words, &step.text, step.span).await?;
                printed.map(|text| shell::cut(&text, &separators))
            }
        };
        let name = block.variable.text.as_str();
        let outer = self.scope.take_arg(name);
        match items {
            Some(items) => {
                for item in items {
                    self.scope.set_arg(name, item, block.variable.span);
                    self.steps(&block.body).await?;
                }
                self.scope.take_arg(name);
            }
            None => {
                let before = self.point();
                let mut ends = Vec::new();
                self.scope.set_arg(name, self.unknown(&format!("${name}")), block.variable.span);
                self.branch(&block.body, &before, &mut ends).await?;
                for end in &mut ends {
                    end.scope.take_arg(name);
                }
                ends.push(before);
                self.join(&ends);
            }
        }
        if let Some((value, span)) = outer.filter(|_| self.unit.features.version >= Version::V1_0) {
            self.scope.set_arg(name, value, span);
        }
        Ok(())
    }

    /// That there is an image to run in.
    fn check_begun(&self, text: &str, span: Span) -> Eval<()> {
        if self.state.begun {
            return Ok(());
        }
        Err(self.needs_image(text, span).into())
    }
}
