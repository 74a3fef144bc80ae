//! Changes to files.

use super::definition::{EMPTY, Inputs, Lowering};
use crate::engine::EngineError;
use crate::engine::buildkit::capabilities::{COPY_PATTERNS, SPECIAL_BITS};
use crate::graph::op::{CopyAction, FileAction, FileOp, Owner};
use bollard_buildkit_proto::pb;
use bollard_buildkit_proto::pb::file_action::Action;
use bollard_buildkit_proto::pb::user_opt::User;

/// "As it is" for a mode or a time; "not the result" for an output.
const KEEP: i64 = -1;
const NANOSECONDS: i64 = 1_000_000_000;

pub(super) fn lower(file: &FileOp, with: &Lowering<'_>, inputs: &mut Inputs<'_>) -> Result<pb::op::Op, EngineError> {
    if file.actions.iter().any(sets_special_bits) && !with.capabilities.has(SPECIAL_BITS) {
        return Err(EngineError::Unsupported {
            feature: "a mode with set-user-id, set-group-id or sticky bits in `COPY --chmod`".to_owned(),
            engine: with.engine.to_owned(),
            needs: "it needs Docker 28 or newer, or a `RUN chmod`".to_owned(),
        });
    }
    if file.actions.iter().any(has_patterns) && !with.capabilities.has(COPY_PATTERNS) {
        return Err(EngineError::Unsupported {
            feature: "`COPY --exclude` and `COPY --parents` of artifacts".to_owned(),
            engine: with.engine.to_owned(),
            needs: "it needs Docker 23 or newer".to_owned(),
        });
    }
    // All inputs first: an action's result is numbered behind the last of them.
    let base = inputs.index_or_empty(file.base)?;
    let mut actions = Vec::new();
    for action in &file.actions {
        actions.push(match action {
            FileAction::Copy(copy) => (inputs.index_or_empty(copy.from)?, Action::Copy(lower_copy(copy, inputs)?)),
            FileAction::Mkfile { path, mode, text } => {
                let mkfile = pb::FileActionMkFile {
                    path: path.clone(),
                    mode: mode_bits(*mode),
                    data: text.as_bytes().to_vec(),
                    owner: None,
                    timestamp: KEEP,
                };
                (EMPTY, Action::Mkfile(mkfile))
            }
            FileAction::Mkdir { path, mode, owner } => {
                let mkdir = pb::FileActionMkDir {
                    path: path.clone(),
                    mode: mode_bits(*mode),
                    make_parents: true,
                    owner: owner.as_ref().map(|owner| lower_owner(owner, inputs)).transpose()?,
                    timestamp: KEEP,
                };
                (EMPTY, Action::Mkdir(mkdir))
            }
        });
    }
    let (count, last) = (inputs.len(), actions.len());
    let actions = actions
        .into_iter()
        .enumerate()
        .map(|(at, (secondary_input, action))| pb::FileAction {
            input: if at == 0 { base } else { count + at as i64 - 1 },
            secondary_input,
            output: if at + 1 == last { 0 } else { KEEP },
            action: Some(action),
        })
        .collect();
    Ok(pb::op::Op::File(pb::FileOp { actions }))
}

fn sets_special_bits(action: &FileAction) -> bool {
    let mode = match action {
        FileAction::Copy(copy) => copy.mode.unwrap_or(0),
        FileAction::Mkdir { mode, .. } | FileAction::Mkfile { mode, .. } => *mode,
    };
    mode & 0o7000 != 0
}

fn has_patterns(action: &FileAction) -> bool {
    matches!(action, FileAction::Copy(copy) if !copy.only.is_empty() || !copy.without.is_empty())
}

fn lower_copy(copy: &CopyAction, inputs: &mut Inputs<'_>) -> Result<pb::FileActionCopy, EngineError> {
    Ok(pb::FileActionCopy {
        src: copy.source.clone(),
        dest: copy.dest.clone(),
        owner: copy.owner.as_ref().map(|owner| lower_owner(owner, inputs)).transpose()?,
        mode: copy.mode.map_or(-1, mode_bits),
        follow_symlink: copy.follow_link,
        dir_copy_contents: copy.dir_contents,
        create_dest_path: true,
        allow_wildcard: copy.wildcard,
        allow_empty_wildcard: copy.allow_empty,
        timestamp: copy.timestamp.map_or(KEEP, |seconds| seconds * NANOSECONDS),
        attempt_unpack_docker_compatibility: copy.unpack,
        include_patterns: copy.only.clone(),
        exclude_patterns: copy.without.clone(),
        ..pb::FileActionCopy::default()
    })
}

/// Permission bits for the engine. Set-uid and its like are said twice, in Go's bits for old engines and in Unix's for new ones.
fn mode_bits(mode: u32) -> i32 {
    let go = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
    let bits = go.iter().filter(|(unix, _)| mode & unix != 0).fold(mode & 0o7777, |all, (_, go)| all | go);
    i32::try_from(bits).unwrap_or(i32::MAX)
}

/// As Docker has it: a user's number without a group is also the group's number; a user's name brings the group of `/etc/passwd`.
fn lower_owner(owner: &Owner, inputs: &mut Inputs<'_>) -> Result<pb::ChownOpt, EngineError> {
    let mut part = |text: &str| -> Result<pb::UserOpt, EngineError> {
        let user = match (text.parse::<u32>(), owner.names_in) {
            (Ok(number), _) => User::ById(number),
            (Err(_), Some(names)) => {
                User::ByName(pb::NamedUserOpt { name: text.to_owned(), input: inputs.index(names)? })
            }
            (Err(_), None) => {
                return Err(EngineError::Other(format!(
                    "owner `{text}` cannot be looked up in an empty file system; write its number"
                )));
            }
        };
        Ok(pb::UserOpt { user: Some(user) })
    };
    let user = part(&owner.user)?;
    let group = match (owner.group.as_str(), &user.user) {
        ("", Some(User::ById(_))) => Some(user.clone()),
        ("", _) => None,
        (group, _) => Some(part(group)?),
    };
    Ok(pb::ChownOpt { user: Some(user), group })
}
