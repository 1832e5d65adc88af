//! The command-line tool: explores the document programs, replays what it found, and lists them.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
