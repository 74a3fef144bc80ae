//! The `rbuild` command.

fn main() -> std::process::ExitCode {
    rbuild::cli::main()
}
