//! The one place that reads the environment and the terminal.

use crate::engine::docker::Surroundings;
use crate::{telemetry, ui};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Repeatable options whose values a variable can hold, separated by commas.
pub const LISTS: &[(&str, &str)] = &[
    ("build-arg", "RBUILD_BUILD_ARGS"),
    ("cache-from", "RBUILD_CACHE_FROM"),
    ("secret", "RBUILD_SECRETS"),
    ("secret-file", "RBUILD_SECRET_FILES"),
    ("report", "RBUILD_REPORTS"),
];

/// A variable's value, where it is set and is text.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Whether the command line or the environment asks for JSON, where neither can be read as a whole.
pub fn wants_json() -> bool {
    let words: Vec<_> = std::env::args_os().collect();
    let typed = words.iter().any(|word| word == "--progress=json");
    typed
        || words.windows(2).any(|pair| pair[0] == "--progress" && pair[1] == "json")
        || variable("RBUILD_PROGRESS").is_some_and(|value| value == "json")
}

/// The user's home directory.
pub fn home() -> Option<PathBuf> {
    std::env::home_dir()
}

/// What standard error can show; `colour`: whether the user asked for colours, or for none.
pub fn terminal(colour: Option<bool>) -> ui::Terminal {
    terminal_if(std::io::stderr().is_terminal(), colour)
}

/// What standard output can show.
pub fn output(colour: Option<bool>) -> ui::Terminal {
    terminal_if(std::io::stdout().is_terminal(), colour)
}

fn terminal_if(is_tty: bool, colour: Option<bool>) -> ui::Terminal {
    let width = ui::columns().filter(|_| is_tty);
    ui::Terminal::new(&ui::Environment {
        is_tty,
        colour,
        width,
        no_color: variable("NO_COLOR"),
        clicolor_force: variable("CLICOLOR_FORCE"),
        force_color: variable("FORCE_COLOR"),
        ci: variable("CI"),
        term: variable("TERM"),
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty()),
    })
}

/// Where a job of GitHub Actions has its files.
pub fn github(current: PathBuf) -> ui::Github {
    let file = |name: &str| variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let workspace = file("GITHUB_WORKSPACE").map(|path| path.canonicalize().unwrap_or(path));
    ui::Github { workspace, current, summary: file("GITHUB_STEP_SUMMARY") }
}

/// Where to look for the engine and for registry logins.
pub fn surroundings(docker_host: Option<String>) -> Surroundings {
    Surroundings {
        docker_host,
        docker_context: variable("DOCKER_CONTEXT"),
        tls_verify: variable("DOCKER_TLS_VERIFY"),
        cert_path: variable("DOCKER_CERT_PATH").map(PathBuf::from),
        home: home(),
        xdg_runtime_dir: variable("XDG_RUNTIME_DIR").map(PathBuf::from),
        docker_config: variable("DOCKER_CONFIG").map(PathBuf::from),
        path: std::env::var_os("PATH"),
    }
}

/// The cache directory: `$XDG_CACHE_HOME/rbuild`, else `~/.cache/rbuild`.
pub fn cache_dir() -> Option<PathBuf> {
    let base = variable("XDG_CACHE_HOME").filter(|dir| dir.starts_with('/')).map(PathBuf::from);
    base.or_else(|| home().map(|home| home.join(".cache"))).map(|dir| dir.join("rbuild"))
}

/// The user's settings file: `$XDG_CONFIG_HOME/rbuild/config.toml`, else `~/.config/rbuild/config.toml`.
pub fn config_file() -> Option<PathBuf> {
    let base = variable("XDG_CONFIG_HOME").filter(|dir| dir.starts_with('/')).map(PathBuf::from);
    base.or_else(|| home().map(|home| home.join(".config"))).map(|dir| dir.join("rbuild/config.toml"))
}

/// What the environment says to git. A variable that is set to nothing is not set.
pub struct ForGit {
    /// The user's own command for ssh.
    pub ssh_command: Option<String>,
    /// The protocols that git may use, separated by `:`.
    pub allowed_protocols: Option<String>,
    /// The socket of the ssh agent.
    pub ssh_auth_sock: Option<String>,
    /// The text of a netrc file.
    pub netrc_content: Option<String>,
    /// The path of a netrc file.
    pub netrc: Option<String>,
}

/// Reads what concerns git, beside what git reads by itself.
pub fn for_git() -> ForGit {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    ForGit {
        ssh_command: ["GIT_SSH_COMMAND", "GIT_SSH"].into_iter().find_map(set),
        allowed_protocols: set("GIT_ALLOW_PROTOCOL"),
        ssh_auth_sock: set("SSH_AUTH_SOCK"),
        netrc_content: set("NETRC_CONTENT"),
        netrc: set("NETRC"),
    }
}

/// Reads what OpenTelemetry's variables say.
pub fn for_telemetry() -> telemetry::Variables {
    telemetry::Variables {
        disabled: variable("OTEL_SDK_DISABLED"),
        endpoint: variable("OTEL_EXPORTER_OTLP_ENDPOINT"),
        traces_endpoint: variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"),
        headers: variable("OTEL_EXPORTER_OTLP_HEADERS"),
        traces_headers: variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS"),
        timeout: variable("OTEL_EXPORTER_OTLP_TIMEOUT"),
        traces_timeout: variable("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"),
        protocol: variable("OTEL_EXPORTER_OTLP_PROTOCOL"),
        traces_protocol: variable("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"),
        service: variable("OTEL_SERVICE_NAME"),
        resource: variable("OTEL_RESOURCE_ATTRIBUTES"),
        traceparent: variable("TRACEPARENT"),
        tracestate: variable("TRACESTATE"),
    }
}
