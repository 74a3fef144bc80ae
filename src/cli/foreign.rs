//! What Earthfiles' users may type or have set, and rbuild has not: why, and what to do instead.

use super::settings::Misuse;

/// An option, or a variable.
struct Foreign {
    /// Its names: `--sat`.
    options: &'static [&'static str],
    /// Its variable; empty where it has none.
    variable: &'static str,
    /// Why rbuild has it not.
    why: &'static str,
    /// What to do.
    instead: &'static str,
    /// What is done where it is typed.
    typed: Typed,
}

/// What is done with an option that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    /// It asks for something that rbuild would not do.
    Refused,
    /// Nothing changes without it: it is left out, and so is its value if it has one.
    LeftOut { has_value: bool },
}

const fn foreign(
    options: &'static [&'static str],
    variable: &'static str,
    why: &'static str,
    instead: &'static str,
) -> Foreign {
    Foreign { options, variable, why, instead, typed: Typed::Refused }
}

/// A switch without which nothing changes.
const fn idle_switch(options: &'static [&'static str], variable: &'static str, why: &'static str) -> Foreign {
    Foreign { options, variable, why, instead: LEAVE_OUT, typed: Typed::LeftOut { has_value: false } }
}

/// An option with a value, without which nothing changes.
const fn idle_option(options: &'static [&'static str], variable: &'static str, why: &'static str) -> Foreign {
    Foreign { options, variable, why, instead: LEAVE_OUT, typed: Typed::LeftOut { has_value: true } }
}

const CLOUD: &str = "rbuild talks to no vendor's cloud";
const LOGSTREAM: &str = "no log is streamed anywhere; `--progress=json` tells programs all that happens";
const DAEMON: &str = "steps run on the BuildKit of a Docker Engine, and rbuild starts no daemon of its own";
const USED: &str = "it is what rbuild always does";
const LEAVE_OUT: &str = "leave it out";
const ENGINE: &str = "`--docker-host URL` names an engine, on another machine too: `--docker-host ssh://user@host`";

const FOREIGN: &[Foreign] = &[
    foreign(&["--sat", "--satellite"], "EARTHLY_SATELLITE", CLOUD, ENGINE),
    idle_switch(&["--no-sat", "--no-satellite"], "EARTHLY_NO_SATELLITE", CLOUD),
    idle_option(&["--org"], "EARTHLY_ORG", CLOUD),
    idle_option(&["--project"], "EARTHLY_PROJECT", CLOUD),
    foreign(
        &["--auth-token", "--token"],
        "EARTHLY_TOKEN",
        CLOUD,
        "give secrets with `--secret`, `--secret-file` or `.secret`",
    ),
    idle_option(&["--email"], "EARTHLY_EMAIL", CLOUD),
    idle_option(&["--server-conn-timeout"], "EARTHLY_SERVER_CONN_TIMEOUT", CLOUD),
    idle_switch(&["--disable-analytics"], "EARTHLY_DISABLE_ANALYTICS", "rbuild reports to nobody"),
    idle_option(&["--logstream-debug-file"], "EARTHLY_LOGSTREAM_DEBUG_FILE", LOGSTREAM),
    idle_option(&["--logstream-debug-manifest-file"], "EARTHLY_LOGSTREAM_DEBUG_MANIFEST_FILE", LOGSTREAM),
    foreign(&["--buildkit-host"], "EARTHLY_BUILDKIT_HOST", DAEMON, ENGINE),
    foreign(&["--buildkit-image"], "EARTHLY_BUILDKIT_IMAGE", DAEMON, ENGINE),
    foreign(&["--buildkit-container-name"], "EARTHLY_CONTAINER_NAME", DAEMON, ENGINE),
    foreign(&["--buildkit-volume-name"], "EARTHLY_VOLUME_NAME", DAEMON, "`--cache-namespace NAME` keeps caches apart"),
    idle_switch(&["--no-buildkit-update"], "EARTHLY_NO_BUILDKIT_UPDATE", DAEMON),
    idle_switch(&["--ticktock"], "EARTHLY_TICKTOCK", DAEMON),
    idle_switch(
        &["--disable-remote-registry-proxy"],
        "EARTHLY_DISABLE_REMOTE_REGISTRY_PROXY",
        "images go straight into the engine, through no proxy",
    ),
    idle_switch(&["--global-wait-end"], "EARTHLY_GLOBAL_WAIT_END", USED),
    idle_switch(&["--no-fake-dep"], "EARTHLY_NO_FAKE_DEP", "there are no made-up dependencies between steps"),
    foreign(
        &["--git-lfs-pull-include"],
        "EARTHLY_GIT_LFS_PULL_INCLUDE",
        "rbuild fetches no LFS objects of other repositories",
        "check the repository out, and name its directory",
    ),
    foreign(
        &["--git-branch"],
        "EARTHLY_GIT_BRANCH_OVERRIDE",
        "the branch is the one that git tells",
        "check the branch out, or give its name as an argument of the target",
    ),
    foreign(
        &["--exec-stats"],
        "EARTHLY_EXEC_STATS",
        "a Docker Engine does not tell what a step of BuildKit uses",
        "the summary of a build tells which steps took longest",
    ),
    foreign(
        &["--exec-stats-summary"],
        "EARTHLY_EXEC_STATS_SUMMARY",
        "a Docker Engine does not tell what a step of BuildKit uses",
        "`--progress=json` tells how long each step took",
    ),
    foreign(
        &["--profiler"],
        "EARTHLY_PROFILER",
        "there is no profiler in rbuild",
        "`--timings` writes a page that shows where the time of a build went",
    ),
    foreign(&["--reset"], "", "there is no daemon to begin anew", "`rbuild prune --all` removes all that is kept"),
    foreign(
        &[],
        "EARTHLY_CONFIG",
        "its format is another one",
        "`rbuild config` writes settings; docs/from-earthly.md tells what becomes of each key",
    ),
    foreign(&[], "EARTHLY_TARGET_PADDING", "names of targets are as wide as they need", LEAVE_OUT),
    foreign(&[], "EARTHLY_FULL_TARGET", "targets are named as in their files", LEAVE_OUT),
    foreign(&[], "EARTHLY_SHOW_HIDDEN", "`--help` shows all options", LEAVE_OUT),
];

/// A command, and what to do instead.
const COMMANDS: &[(&[&str], &str, &str)] = &[
    (&["bootstrap"], "there is nothing to set up: rbuild uses the Docker Engine that runs", "leave it out"),
    (
        &[
            "account",
            "accounts",
            "org",
            "orgs",
            "organization",
            "project",
            "projects",
            "cloud",
            "clouds",
            "byoc",
            "web",
            "gha",
            "github",
        ],
        CLOUD,
        "leave it out: there is no account; for registries, `docker login` is enough",
    ),
    (&["satellite", "satellites", "sat"], CLOUD, ENGINE),
    (&["earthly"], "it is called without that word", "write `rbuild +TARGET`"),
    (&["version"], "that is an option", "write `rbuild --version`"),
    (
        &["secret", "secrets"],
        CLOUD,
        "give secrets with `--secret NAME`, `--secret-file NAME=PATH` or the file `.secret`",
    ),
    (&["registry"], CLOUD, "log in with `docker login`: rbuild uses its logins"),
    (
        &["docker-build"],
        "a Dockerfile is built by a target",
        "write a Buildfile with `FROM DOCKERFILE .` and `SAVE IMAGE`, or call `docker build`",
    ),
    (&["docker2earthly"], "rbuild translates no Dockerfiles", "a target can build one as it is: `FROM DOCKERFILE .`"),
    (
        &["debug"],
        "rbuild has no daemon to look into",
        "`--debug` tells what goes on inside; `rbuild plan --details` shows the graph",
    ),
];

/// Keys of `~/.earthly/config.yml`, and what to do instead.
const SETTINGS: &[(&[&str], &str, &str)] = &[
    (
        &["buildkit_max_parallelism"],
        "it has another name here",
        "write `rbuild config max-parallelism N`; `host-parallelism` counts the steps of all rbuilds of this machine",
    ),
    (
        &["cache_size_mb", "cache_size_pct", "buildkit_cache_keep_duration_s"],
        "the engine keeps the cache, and limits it by itself",
        "set `builder.gc` in the engine's `daemon.json`, or call `rbuild prune --size 10GB` from time to time",
    ),
    (
        &["buildkit_host", "buildkit_transport", "container_frontend"],
        DAEMON,
        "write `rbuild config docker-host URL` for another engine",
    ),
    (
        &["secret_provider"],
        "rbuild asks no program for secrets",
        "give secrets with `--secret`, `--secret-file` or `.secret`",
    ),
];

/// An option without which nothing changes.
#[derive(Debug, PartialEq, Eq)]
pub struct Idle {
    /// What the user should know.
    pub note: String,
    /// Whether the next word is its value.
    pub takes_next: bool,
}

/// What to say to an option that is not rbuild's: `--sat`, or `--sat=x`.
#[must_use]
pub fn option(word: &str) -> Option<Misuse> {
    let (name, foreign) = named(word)?;
    Some(Misuse::new(format!("rbuild has no `{name}`: {}", foreign.why), foreign.instead))
}

/// An option that can be left out, so that a command line for Earthfiles works as it is: `--no-sat`, `--org x`, `--org=x`.
#[must_use]
pub fn idle(word: &str) -> Option<Idle> {
    let (name, foreign) = named(word)?;
    let Typed::LeftOut { has_value } = foreign.typed else { return None };
    Some(Idle { note: no_effect(name, foreign), takes_next: has_value && name == word })
}

fn named(word: &str) -> Option<(&str, &'static Foreign)> {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    FOREIGN.iter().find(|foreign| foreign.options.contains(&name)).map(|foreign| (name, foreign))
}

fn no_effect(name: &str, foreign: &Foreign) -> String {
    format!("`{name}` has no effect: {}; {}", foreign.why, foreign.instead)
}

/// What to say to a command that is not rbuild's.
#[must_use]
pub fn command(word: &str) -> Option<Misuse> {
    let (_, why, instead) = COMMANDS.iter().find(|(names, ..)| names.contains(&word))?;
    Some(Misuse::new(format!("rbuild has no command `{word}`: {why}"), *instead))
}

/// What to say to a key of `~/.earthly/config.yml`: `global.cache_size_mb`.
#[must_use]
pub fn setting(name: &str) -> Option<Misuse> {
    let (table, key) = name.split_once('.').unwrap_or(("", name));
    let message = |why: &str| format!("there is no setting `{name}`: {why}");
    if let Some((_, why, instead)) = SETTINGS.iter().find(|(names, ..)| names.contains(&key)) {
        return Some(Misuse::new(message(why), *instead));
    }
    match table {
        "global" => {
            Some(Misuse::new(message("it is Earthly's"), "docs/from-earthly.md tells what becomes of each key"))
        }
        "git" => {
            let help = "write a table `[git.\"HOST\"]` into the user's settings file; docs/cli.md tells its keys";
            Some(Misuse::new(message("hosts have a table each"), help))
        }
        _ => None,
    }
}

/// One note for each variable that is set, and is not rbuild's.
#[must_use]
pub fn notes(get: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let is_set = |foreign: &&Foreign| get(foreign.variable).is_some_and(|value| !value.is_empty());
    let named = FOREIGN.iter().filter(|foreign| !foreign.variable.is_empty());
    named.filter(is_set).map(|foreign| no_effect(foreign.variable, foreign)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::CommandFactory;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_that_rbuild_has_is_foreign() {
        let mut command = Arguments::command();
        command.build();
        let own: BTreeSet<String> =
            command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))).collect();
        let foreign: Vec<&str> = FOREIGN.iter().flat_map(|foreign| foreign.options).copied().collect();
        assert!(!foreign.iter().any(|name| own.contains(*name)));
        assert_eq!(foreign.iter().collect::<BTreeSet<_>>().len(), foreign.len(), "one is named twice");
        let commands = COMMANDS.iter().flat_map(|(names, ..)| *names);
        assert!(commands.copied().all(|name| command.find_subcommand(name).is_none()));
    }

    #[test]
    fn what_is_proposed_instead_exists() {
        let mut command = Arguments::command();
        command.build();
        let all: BTreeSet<&str> = std::iter::once(&command)
            .chain(command.get_subcommands())
            .flat_map(clap::Command::get_arguments)
            .filter_map(clap::Arg::get_long)
            .collect();
        let texts = FOREIGN.iter().flat_map(|foreign| [foreign.why, foreign.instead]);
        let others = COMMANDS.iter().chain(SETTINGS).flat_map(|(_, why, instead)| [*why, *instead]);
        for text in texts.chain(others) {
            for quoted in text.split('`').skip(1).step_by(2) {
                let words = quoted.split([' ', '=']);
                for option in words.filter_map(|word| word.strip_prefix("--")) {
                    assert!(all.contains(option), "`--{option}` in {text}");
                }
            }
        }
    }

    #[test]
    fn options_commands_and_variables_are_told_why() {
        assert!(option("--sat=core").unwrap().message.contains("`--sat`"));
        assert_eq!(option("--push"), None);
        let idle_words = [("--org", true), ("--org=x", false), ("--no-sat", false)];
        for (word, takes_next) in idle_words {
            assert_eq!(idle(word).map(|idle| idle.takes_next), Some(takes_next), "{word}");
        }
        assert_eq!(idle("--sat").or(idle("--push")), None);
        assert!(option("--reset").unwrap().help.unwrap().contains("`rbuild prune --all`"));
        assert!(command("account").unwrap().help.unwrap().contains("docker login"));
        assert!(command("satellite").unwrap().help.unwrap().contains("--docker-host"));
        assert!(setting("global.cache_size_mb").unwrap().help.unwrap().contains("daemon.json"));
        assert!(setting("global.tlsca").unwrap().help.unwrap().contains("from-earthly.md"));
        assert!(setting("git.example.com.auth").unwrap().help.unwrap().contains("[git."));
        assert_eq!(setting("max-parallelism"), None);
        assert_eq!(command("bootstrap").unwrap().help.as_deref(), Some("leave it out"));
        let set = |name: &str| ["EARTHLY_ORG", "EARTHLY_PUSH"].contains(&name).then(|| "x".to_owned());
        assert_eq!(notes(&set), ["`EARTHLY_ORG` has no effect: rbuild talks to no vendor's cloud; leave it out"]);
        assert!(notes(&|_| Some(String::new())).is_empty());
    }
}
