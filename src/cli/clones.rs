//! How repositories of others are reached, as options and environment say.

use super::context::{Context, Ended};
use super::environment;
use super::exit::Exit;
use super::git_sites;
use super::signals;
use super::streams::say;
use crate::event::{Event, Sink};
use crate::lock::Trust;
use crate::run::repositories::Repositories;
use crate::ui;
use crate::workspace::{CloneSetting, Clones, Login, Logins, Sites};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Says what takes time: on the terminal, until progress is drawn there; then as a part of it.
pub struct Teller {
    terminal: ui::Terminal,
    json: bool,
    sink: Mutex<Option<Arc<dyn Sink>>>,
}

impl Teller {
    /// Tells on this terminal; programs are told nothing that is no event.
    #[must_use]
    pub fn new(terminal: ui::Terminal, json: bool) -> Self {
        Self { terminal, json, sink: Mutex::default() }
    }

    /// From now on, progress takes it.
    pub fn hand_over(&self, sink: Arc<dyn Sink>) {
        *self.sink.lock().unwrap_or_else(PoisonError::into_inner) = Some(sink);
    }

    /// Tells a text.
    pub fn tell(&self, text: &str) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match sink {
            Some(sink) => sink.send(Event::Note(text.to_owned())),
            None if self.json => {}
            None => say(&ui::note(text, &self.terminal)),
        }
    }
}

/// What the user's settings file says of hosts.
///
/// # Errors
/// When it is wrong; it was said.
fn sites(context: &Context) -> Ended<Sites> {
    let named = context.options.machine.config.clone();
    let Some(path) = named.or_else(environment::config_file) else { return Ok(Sites::default()) };
    git_sites::read(&path).map_err(|(message, help)| context.fail(Exit::Usage, &message, Some(&help)))
}

/// What opens repositories of others.
pub struct Access {
    /// Names and passwords.
    pub logins: Logins,
    sites: Sites,
}

/// Reads it, once in an invocation: what is wrong with it is said where it is read.
///
/// # Errors
/// When a setting is wrong; it was said.
pub fn access(context: &Context) -> Ended<Access> {
    let sites = sites(context)?;
    Ok(Access { logins: logins(context, &sites), sites })
}

/// The repositories of this invocation.
#[must_use]
pub fn repositories(context: &Context, access: Access) -> Arc<Repositories> {
    // Who begins git has to end it.
    signals::listen();
    let options = &context.options;
    let teller = context.teller.clone();
    let around = environment::for_git();
    Arc::new(Repositories::new(Arc::new(Clones::new(CloneSetting {
        cache_dir: options.machine.cache_dir.clone().or_else(environment::cache_dir),
        trust: if options.machine.unsafe_locks { Trust::Blindly } else { Trust::Judge },
        lock_timeout: options.running.lock_timeout,
        home: context.home.clone(),
        agent: agent(context),
        ssh_command: around.ssh_command,
        allowed_protocols: around.allowed_protocols,
        logins: access.logins,
        sites: access.sites,
        env: Vec::new(),
        tell: Arc::new(move |text| teller.tell(text)),
    }))))
}

/// The socket of the ssh agent.
#[must_use]
pub fn agent(context: &Context) -> Option<PathBuf> {
    let given = context.options.repositories.ssh_auth_sock.clone();
    given
        .or_else(|| environment::for_git().ssh_auth_sock.map(PathBuf::from))
        .filter(|path| !path.as_os_str().is_empty())
}

/// `--git-username` and `--git-password`, those of the settings file, and what `NETRC_CONTENT` and `NETRC` hold. Git reads `~/.netrc` by
/// itself.
fn logins(context: &Context, sites: &Sites) -> Logins {
    let options = &context.options;
    let any = options.repositories.git_password.clone().map(|password| {
        // Hosts that take tokens do not look at the name, but there has to be one.
        Login { user: options.repositories.git_username.clone().unwrap_or_else(|| "git".to_owned()), password }
    });
    let around = environment::for_git();
    let content = around.netrc_content.or_else(|| {
        let path = around.netrc?;
        match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) => {
                context.note(&format!("cannot read {path}, which `NETRC` names: {error}"));
                None
            }
        }
    });
    let mut hosts: Vec<(String, Login)> =
        sites.iter().filter_map(|site| Some((site.name.clone(), site.login()?))).collect();
    hosts.extend(content.map(|text| Logins::netrc(&text)).unwrap_or_default());
    Logins { any, hosts }
}
