//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use store::{Keyring, Store};

pub mod apply;
mod demo;
mod exit;
mod import;
mod migrate;
mod people;
mod replay;
mod serve;
mod settings;
mod simulate;
mod stop;

pub use exit::Failure;

/// Lead qualification as infrastructure.
///
/// Every option can be given as a flag, as an environment variable, or in a TOML file (--config) under the flag's name;
/// the flag wins over the variable, the variable over the file.
///
/// Exit codes: 0 fine, 1 a difference or tampering found, 2 usage or an invalid file, 3 unavailable, 4 some rows rejected.
#[derive(Debug, Parser)]
#[command(name = "meshline", version, verbatim_doc_comment, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// TOML file with options, each under its flag's name.
    #[arg(long, env = "MESHLINE_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the app, the API and the tasks.
    Serve(serve::Options),
    /// Bring the database's schema up to date and make its partitions.
    Migrate(migrate::Options),
    /// Fill an empty database with the demo organisation.
    Demo(demo::Options),
    /// Bring workflows, maps, rule sets, lists, pools and destinations from a file.
    Apply(apply::Options),
    /// People who sign in.
    #[command(subcommand)]
    User(people::UserCommand),
    /// Keys of the API.
    #[command(subcommand)]
    Key(people::KeyCommand),
    /// Bring leads of the past, as history without effects.
    Import(import::Options),
    /// Decide a file of leads by a file of rules. No database, no effects.
    Simulate(simulate::Options),
    /// Decide stored decisions again and compare.
    Replay(replay::Options),
    /// Stop a workflow, or all: its leads go to people from now on, and nothing of it is sent.
    Kill(stop::KillOptions),
    /// Let a stopped workflow go on.
    Resume(stop::ResumeOptions),
}

/// Where the database is and what opens it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Database {
    /// Address of the Postgres database, for example postgres://meshline@localhost/meshline
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// File with the master key, which opens everything personal; `migrate` makes one where there is none. Keep a copy.
    /// [default: meshline/master.key in the user's state directory]
    #[arg(long, env = "MESHLINE_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Database {
    /// The address.
    ///
    /// # Errors
    /// [`Failure::Usage`] when none is given.
    pub(crate) fn url(&self) -> Result<&str, Failure> {
        self.database_url
            .as_deref()
            .ok_or_else(|| Failure::Usage("no database: give --database-url, or set DATABASE_URL".into()))
    }

    /// The key file.
    pub(crate) fn key_path(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(Keyring::default_path)
    }

    /// Connects.
    ///
    /// # Errors
    /// When address or key are missing, or the database does not answer.
    pub(crate) async fn connect(&self) -> Result<Store, Failure> {
        let url = self.url()?;
        Ok(Store::connect(url, Keyring::read(&self.key_path())?).await?)
    }
}

/// Runs the command that the arguments name.
pub async fn run() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let command = match settings::with_file(Cli::command(), &arguments) {
        Ok(command) => command,
        Err(failure) => return failure.report(),
    };
    let cli =
        match command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches)) {
            Ok(cli) => cli,
            Err(error) => {
                error.print().ok();
                return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::FINE });
            }
        };
    let done = match cli.command {
        Command::Serve(options) => Box::pin(serve::run(options)).await,
        Command::Migrate(options) => Box::pin(migrate::run(options)).await,
        Command::Demo(options) => Box::pin(demo::run(options)).await,
        Command::Apply(options) => Box::pin(apply::run(options)).await,
        Command::User(command) => Box::pin(people::user(command)).await,
        Command::Key(command) => people::key(command).await,
        Command::Import(options) => Box::pin(import::run(options)).await,
        Command::Simulate(options) => simulate::run(&options),
        Command::Replay(options) => Box::pin(replay::run(options)).await,
        Command::Kill(options) => stop::kill(options).await,
        Command::Resume(options) => stop::resume(options).await,
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.report(),
    }
}
