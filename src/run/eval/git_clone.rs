//! `GIT CLONE`: the tree of a repository that this machine fetches, with its `.git`.

use super::copy::Source;
use super::fault::Eval;
use super::recipe::Frame;
use crate::analysis::program::{CopyOptions, GitClone, Step};
use crate::diagnostic::Diagnostic;
use crate::graph::{IgnoreFile, LocalSource, Op};
use crate::run::facts::Cloned;
use crate::workspace::{Address, RemoteError};
use std::path::PathBuf;

impl Frame<'_> {
    pub(super) async fn git_clone(&mut self, step: &Step, clone: &GitClone) -> Eval<()> {
        let place = clone.url.span;
        let fault = |error: &RemoteError| Diagnostic::error("git-clone", place, error.to_string()).help(error.help());
        let text = self.expand(&clone.url).await?;
        let address = Address::parse(&text).map_err(|error| fault(&error.into()))?;
        let branch = match &clone.branch {
            Some(branch) => Some(self.expand(branch).await?).filter(|branch| !branch.is_empty()),
            None => None,
        };
        // Without a password that may stand in it.
        let shown = branch.as_ref().map_or_else(|| address.to_string(), |branch| format!("{address} {branch}"));
        let repositories = self.evaluator.repositories.clone();
        let asker = repositories.asker(Some(&self.home.dir));
        let cloned = Cloned { address, branch, asker };
        let checkout = self.evaluator.facts.clone_of(repositories, cloned).await.map_err(|error| fault(&error))?;
        // What stands in a plan for a tree that nobody has fetched.
        let root = checkout.map_or_else(|| PathBuf::from(format!("<clone of {shown}>")), |checkout| checkout.tree);
        let local = LocalSource {
            root,
            include: vec![".".to_owned()],
            ignore: IgnoreFile::Own,
            exclude: Vec::new(),
            after: None,
            since: None,
        };
        let from = Some(self.add_with(step, Op::Local(local), &format!("clone {shown}"), false));
        let options = CopyOptions {
            dest: clone.dest.clone(),
            dir: false,
            chown: None,
            chmod: None,
            keep_ts: clone.keep_ts,
            keep_own: false,
            if_exists: false,
            no_follow: true,
        };
        self.copy(step, vec![Source::new(from, "/".to_owned())], &options).await
    }
}
