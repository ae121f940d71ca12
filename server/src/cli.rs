//! The command-line interface.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use store::{Keyring, Store};

pub mod apply;
mod demo;
mod erase;
mod exit;
mod import;
mod migrate;
mod people;
mod recovered;
mod replay;
mod serve;
mod settings;
mod simulate;
mod stop;
mod transport;

pub use exit::CommandError;

/// Lead qualification as infrastructure.
///
/// Every option can be set as a flag, as an environment variable, or in a TOML file (--config) under the name of the flag.
/// Flags override variables, and variables override the file.
///
/// Exit codes: 0 success, 1 differences found, 2 invalid usage or file, 3 database unavailable, 4 some rows rejected.
#[derive(Debug, Parser)]
#[command(name = "meshline", version, verbatim_doc_comment, max_term_width = 110)]
struct Cli {
    #[command(subcommand)]
    command: Command,

    /// TOML file with options, named like the flags.
    #[arg(long, env = "MESHLINE_CONFIG", global = true, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the app and the API, and run background tasks.
    Serve(serve::ServeOptions),
    /// Create or update the database schema and its partitions.
    Migrate(migrate::MigrateOptions),
    /// Fill an empty database with the demo organisation.
    Demo(demo::DemoOptions),
    /// Apply workflows, rule sets, lists, pools and destinations from a file.
    Apply(apply::ApplyFileOptions),
    /// Manage people.
    #[command(subcommand)]
    User(people::UserCommand),
    /// Manage API keys.
    #[command(subcommand)]
    Key(people::KeyCommand),
    /// Import historical leads, without effects.
    Import(import::ImportOptions),
    /// Run rules on a file of leads, without a database.
    Simulate(simulate::SimulateOptions),
    /// Replay stored decisions and compare the results.
    Replay(replay::ReplayOptions),
    /// Continue after the database was restored from a backup, or a replica took over without the last commits.
    Recovered(recovered::RecoveredOptions),
    /// Erase a person: destroy the key to their data, in one lead or several that are merged.
    Erase(erase::Options),
    /// Stop workflows: new leads go to people, and nothing is sent.
    Kill(stop::KillOptions),
    /// Resume stopped workflows.
    Resume(stop::ResumeOptions),
}

/// The database and its master key.
#[derive(Clone, Debug, Args)]
pub(crate) struct Database {
    /// URL of the Postgres database, such as postgres://meshline@localhost/meshline. Set a URL with a password as DATABASE_URL
    /// or in the file of --config: other users of this machine can see flags.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,

    /// Connect to Postgres and the mail server without TLS even if they are on other machines
    #[arg(long, env = "MESHLINE_ALLOW_PLAINTEXT")]
    allow_plaintext: bool,

    /// File with the master key, which encrypts all personal data; `migrate` creates it if there is none. Keep a backup.
    /// [default: meshline/master.key in the user's state directory]
    #[arg(long, env = "MESHLINE_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Database {
    /// Returns the URL of the database, with TLS required if it is on another machine.
    ///
    /// # Errors
    /// Returns [`CommandError::Usage`] if none is set, or if it rules out TLS or leaves it to the server.
    pub(crate) fn url(&self) -> Result<String, CommandError> {
        let url = self.database_url.as_deref().ok_or_else(|| {
            CommandError::Usage("no database configured: set DATABASE_URL or --database-url".into())
        })?;
        transport::database(url, self.allow_plaintext)
    }

    /// Returns the path of the master key.
    pub(crate) fn key_path(&self) -> PathBuf {
        self.key_file.clone().unwrap_or_else(Keyring::default_path)
    }

    /// Connects to the database, whose schema must fit this program.
    ///
    /// # Errors
    /// Returns a [`CommandError`] if the URL or the key is missing, the schema does not fit, or the database does not answer.
    pub(crate) async fn connect(&self) -> Result<Store, CommandError> {
        let store = self.connect_to_any_schema().await?;
        store::schema::check(store.pool()).await?;
        Ok(store)
    }

    /// Connects to the database, whatever its schema.
    ///
    /// # Errors
    /// Returns a [`CommandError`] if the URL or the key is missing, or the database does not answer.
    pub(crate) async fn connect_to_any_schema(&self) -> Result<Store, CommandError> {
        let url = self.url()?;
        Ok(Store::connect(&url, Keyring::read(&self.key_path())?).await?)
    }
}

/// Runs the command given by the arguments.
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
        Command::Recovered(options) => recovered::run(options).await,
        Command::Erase(options) => Box::pin(erase::run(options)).await,
        Command::Kill(options) => stop::kill(options).await,
        Command::Resume(options) => stop::resume(options).await,
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => failure.report(),
    }
}
