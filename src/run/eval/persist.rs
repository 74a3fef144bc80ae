//! `CACHE --persist`: what such a directory holds goes into the image and can be saved.

use super::fault::Eval;
use super::recipe::Frame;
use crate::analysis::program::Step;
use crate::graph::op::{CopyAction, ExecCommand, Mount, MountKind, Network};
use crate::graph::{Exec, FileAction, FileOp, Op, Output};
use crate::shell::quote;

/// Where a step that copies caches out puts them; what it does to its own file system is thrown away.
const OUT: &str = "/run/rbuild-persist";

impl Frame<'_> {
    /// Copies the persistent caches into the file system, unless that has not changed since the last time. `step` is what needs it.
    ///
    /// A cache cannot be read by file operations, so a step copies it with the image's own `cp` to a result of its own.
    pub(super) async fn persist(&mut self, step: &Step) -> Eval<()> {
        let kept: Vec<String> =
            self.state.caches.iter().filter(|cache| cache.persist).map(|cache| cache.path.clone()).collect();
        if kept.is_empty() || self.state.persisted == Some(self.state.root) {
            return Ok(());
        }
        let outs: Vec<String> = (0..kept.len()).map(|number| format!("{OUT}/{number:03}")).collect();
        let mut mounts = self.mounts(step.span, &[]).await?;
        mounts.retain(|mount| kept.contains(&mount.target));
        mounts.extend(outs.iter().map(|target| Mount { target: target.clone(), kind: MountKind::Scratch }));
        mounts.sort_by(|a, b| a.target.cmp(&b.target));
        let commands: Vec<String> =
            kept.iter().zip(&outs).map(|(path, out)| format!("cp -a {}/. {out}/", quote(path))).collect();
        let exec = Exec {
            workdir: Some("/".to_owned()),
            user: Some("0".to_owned()),
            network: Network::None,
            hosts: Vec::new(),
            ..self.plain_exec(ExecCommand::Shell(commands.join(" && ")), mounts, Vec::new())
        };
        let name = format!("read CACHE {}", kept.join(" "));
        let read = self.add_with(step, Op::Exec(exec), &name, self.evaluator.settings.no_cache);
        let actions = (1..).zip(&kept).map(|(index, path)| {
            let from = Some(Output { index, ..read });
            FileAction::Copy(CopyAction { dir_contents: true, ..CopyAction::new(from, "/", format!("{path}/")) })
        });
        let op = FileOp { base: self.state.root, actions: actions.collect() };
        let name = format!("keep CACHE {}", kept.join(" "));
        self.state.root = Some(self.add_with(step, Op::File(op), &name, false));
        self.state.persisted = Some(self.state.root);
        Ok(())
    }
}
