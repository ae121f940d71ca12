//! `meshline serve`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ipnet::IpNet;
use store::people::{self, BreachedPasswords};
use store::{Keyring, Store};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{CommandError, Database, exit, transport};
use crate::http::{self, Config, ConnectionLimits, State, TrustedProxies, parse_network};
use crate::router::{health_router, router};
use crate::tasks::{self, continuity::MarkFile};
use service::decide::Pipeline;
use service::mail::SmtpMailer;
use service::run::RunContext;

/// Options of `serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    database: Database,

    /// Address to listen on.
    #[arg(long, env = "MESHLINE_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,

    /// Address of a second listener for monitoring, which serves /healthz, /readyz and /metrics only. It answers even if the
    /// main one has too many connections.
    #[arg(long, env = "MESHLINE_HEALTH_LISTEN", value_name = "ADDRESS")]
    health_listen: Option<SocketAddr>,

    /// Folder of the built styles and scripts. [default: `site` in the folder of the program]
    #[arg(long, env = "MESHLINE_SITE_DIR", value_name = "FOLDER")]
    site_dir: Option<PathBuf>,

    /// Folder for uploaded import files, shared by all processes, and for the record by which a server notices that its
    /// database went back to a backup. [default: meshline/data in the user's state directory]
    #[arg(long, env = "MESHLINE_DATA_DIR", value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    /// Public URL of the server, such as https://meshline.example. With https, cookies are sent only over https.
    #[arg(long, env = "MESHLINE_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,

    /// Mail server for password links and notices, such as smtps://user:password@mail.example:465 or
    /// smtp://mail.example:587?tls=required. Requires --mail-from and --public-url. Set a URL with a password as
    /// MESHLINE_SMTP_URL or in the file of --config: other users of this machine can see flags.
    #[arg(long, env = "MESHLINE_SMTP_URL", value_name = "URL", hide_env_values = true)]
    smtp_url: Option<String>,

    /// Sender of e-mails, such as "Meshline <meshline@acme.example>".
    #[arg(long, env = "MESHLINE_MAIL_FROM", value_name = "ADDRESS")]
    mail_from: Option<String>,

    /// File of passwords to refuse in addition to the common ones, such as passwords from data breaches: one per line. Read at
    /// start; takes 8 MB of memory per million.
    #[arg(long, env = "MESHLINE_BREACHED_LIST", value_name = "FILE")]
    breached_list: Option<PathBuf>,

    /// Reverse proxy whose X-Forwarded-For is trusted, as a network such as 10.0.0.0/8 or an address. Repeatable; separated by commas
    /// in the variable.
    #[arg(
        long,
        env = "MESHLINE_TRUSTED_PROXY",
        value_name = "CIDR",
        value_parser = parse_network,
        value_delimiter = ','
    )]
    trusted_proxy: Vec<IpNet>,

    /// Serve /metrics to everyone, instead of only to loopback and API keys with the scope `read`.
    #[arg(long, env = "MESHLINE_OPEN_METRICS")]
    open_metrics: bool,

    /// Refuse to start with a database login that could change the log, instead of warning about it.
    #[arg(long, env = "MESHLINE_REQUIRE_APP_LOGIN")]
    require_app_login: bool,

    /// Log filter, such as `info` or `server=debug`.
    #[arg(
        long,
        env = "MESHLINE_LOG",
        value_name = "FILTER",
        default_value = "info,sqlx::postgres::notice=warn"
    )]
    log: String,
}

/// Runs the command.
pub(super) async fn run(options: ServeOptions) -> Result<u8, CommandError> {
    start_log(&options.log)?;
    let mail = mail(&options)?;
    let breached_passwords = breached_passwords(options.breached_list.as_deref())?;
    let store = options.database.connect().await?;
    check_login(&store, options.require_app_login).await?;
    let data_dir = options.data_dir.unwrap_or_else(default_data_dir);
    let marks = MarkFile::new(&data_dir, store::installation::id(&store).await?);
    tasks::continuity::admit(&store, &marks).await?;
    store.check_clock().await?;
    if let Some(suspension) = store.suspension() {
        tracing::error!(%suspension, "not ready");
    }
    make_partitions(&store.background()).await?;
    let pipeline = Arc::new(Pipeline::new(store.ingestion()));
    let proxies = TrustedProxies::new(options.trusted_proxy);
    let config = Config {
        data_dir: Some(data_dir.clone()),
        site_dir: options.site_dir.or_else(beside_the_program),
        secure_cookies: options.public_url.as_deref().is_some_and(|url| url.starts_with("https://")),
        origin: options.public_url.map(|url| url.trim_end_matches('/').to_owned()),
        open_metrics: options.open_metrics,
        trusted_proxies: proxies.clone(),
        mail,
        breached_passwords: Arc::new(breached_passwords),
        connections: ConnectionLimits { proxies, ..ConnectionLimits::default() }.within(open_files()),
    };
    let origin = config.origin.clone();
    let letters =
        config.mail.clone().zip(origin.clone()).map(|(mail, origin)| tasks::NoticeMail { mail, origin });
    warn_about_proxies(&config, options.listen);
    let state = State::new(store.clone(), pipeline.clone(), config)?;
    let listener = http::listen(options.listen)?;
    let health = options.health_listen.map(http::listen).transpose()?;
    let shutdown = CancellationToken::new();
    let means = tasks::JobResources { letters, data_dir: Some(data_dir.clone()) };
    let context = RunContext {
        pipeline: Arc::new(pipeline.in_background()),
        data_dir: Some(data_dir),
        slots: state.slots.clone(),
        compute: state.compute.clone(),
    };
    let running =
        tasks::Tasks::start(context, means, Some(marks), &state.signals, state.streams.clone(), &shutdown);
    stop_on_signals(shutdown.clone())?;
    let address = listener.local_addr()?;
    tracing::info!(%address, "serving");
    invite(&store, origin.unwrap_or_else(|| format!("http://{address}"))).await?;
    let folding = tokio::spawn(http::fold_metrics());
    // Monitoring is answered until the requests under way are done.
    let drained = CancellationToken::new();
    if let Some(health) = health {
        tracing::info!(address = %health.local_addr()?, "serving health checks");
        let (router, limits) = (health_router(state.clone()), ConnectionLimits::monitoring());
        tokio::spawn(http::serve(health, router, limits, drained.clone().cancelled_owned()));
    }
    let connections = state.config.connections.clone();
    http::serve(listener, router(state), connections, shutdown.clone().cancelled_owned()).await;
    shutdown.cancel();
    drained.cancel();
    folding.abort();
    running.stopped().await;
    tracing::info!("stopped");
    Ok(exit::FINE)
}

/// Raises the limit for open files as far as permitted, and returns it. Every connection is one.
fn open_files() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit for open files cannot be raised");
        1_024
    })
}

/// Returns the mail server, if one is configured. It requires the public URL, because links must not depend on the request.
fn mail(options: &ServeOptions) -> Result<Option<SmtpMailer>, CommandError> {
    let Some(server) = &options.smtp_url else { return Ok(None) };
    let (Some(from), Some(_)) = (&options.mail_from, &options.public_url) else {
        return Err(CommandError::Usage("--smtp-url requires --mail-from and --public-url".into()));
    };
    transport::mail(server, options.database.allow_plaintext)?;
    SmtpMailer::new(server, from).map(Some).map_err(|error| CommandError::Usage(error.to_string()))
}

/// Reads the list of refused passwords, if there is one.
fn breached_passwords(file: Option<&Path>) -> Result<BreachedPasswords, CommandError> {
    let Some(file) = file else { return Ok(BreachedPasswords::default()) };
    let list = BreachedPasswords::read(file).map_err(|error| {
        let file = file.display();
        CommandError::Usage(format!(
            "--breached-list {file}: {error}. Correct the file or its path, or omit the option."
        ))
    })?;
    tracing::info!(passwords = list.len(), "read the list of breached passwords");
    Ok(list)
}

/// Warns if clients can go around the TLS of a reverse proxy, or if all of them look like one.
fn warn_about_proxies(config: &Config, listen: SocketAddr) {
    if !config.secure_cookies {
        return;
    }
    if !listen.ip().is_loopback() {
        tracing::warn!(
            %listen,
            "the public URL is https, but everyone who reaches this address gets plain HTTP: listen on a loopback address, or let only the reverse proxy reach it"
        );
    }
    if config.trusted_proxies.is_empty() {
        tracing::warn!(
            "the public URL is https, but no reverse proxy is trusted: limits and logs take all clients for one; set --trusted-proxy"
        );
    }
}

/// Makes the partitions of the coming months. If a long read of the log is in the way, the daily job makes them later: the server
/// needs them in three months.
async fn make_partitions(store: &Store) -> Result<(), CommandError> {
    match store::migrate::make_coming_partitions(store).await {
        Err(error) if error.is_timeout() => {
            tracing::warn!(%error, "no partitions were made; the daily job tries again");
            Ok(())
        }
        done => Ok(done.map(drop)?),
    }
}

/// Warns about a database login that could become the owner, or refuses it.
async fn check_login(store: &Store, is_required: bool) -> Result<(), CommandError> {
    let Some(login) = store.owner_login().await? else { return Ok(()) };
    let problem = format!(
        "the database login {login} could change the log; use one that is only a member of meshline_app (see docs/deploying.md)"
    );
    if is_required {
        return Err(CommandError::Usage(problem));
    }
    tracing::warn!("{problem}");
    Ok(())
}

/// Prints how to create the first administrator. Only people who can read the terminal or log get the code.
async fn invite(store: &Store, origin: String) -> Result<(), CommandError> {
    if !people::has_people(store).await? {
        let code = people::first_run_code(store.keyring());
        eprintln!(
            "There are no people yet. Create the first administrator at {origin}/first-run?code={code}"
        );
    }
    Ok(())
}

/// Returns the default data directory, next to the default master key.
fn default_data_dir() -> PathBuf {
    Keyring::default_path().with_file_name("data")
}

fn beside_the_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.parent()?.join("site")).filter(|folder| Path::is_dir(folder))
}

fn start_log(filter: &str) -> Result<(), CommandError> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| CommandError::Usage(format!("--log: {error}")))?;
    let registry = tracing_subscriber::registry().with(filter);
    let started = if std::io::stderr().is_terminal() {
        registry.with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr)).try_init()
    } else {
        registry.with(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)).try_init()
    };
    started.map_err(|error| CommandError::Usage(error.to_string()))
}

/// Shuts down gracefully on SIGINT and SIGTERM. A second signal ends the process at once.
fn stop_on_signals(shutdown: CancellationToken) -> Result<(), CommandError> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        for again in [false, true] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if again {
                std::process::exit(130);
            }
            tracing::info!("stopping after work in progress has finished");
            shutdown.cancel();
        }
    });
    Ok(())
}
