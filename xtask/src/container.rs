//! `cargo xtask container`: carries out the last stage of the `Dockerfile` without Docker, and checks what comes of it.
//!
//! `mmdebstrap` makes the Debian that the stage starts from, each instruction is carried out in it, and then the image
//! runs as `docker run --read-only` would run it: does it migrate, get ready, run without privileges and stop in time?

mod dockerfile;
mod root;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::{self, Cluster};
use crate::process::{self, Started};
use crate::wasm::Mode;
use crate::workspace::{self, Workspace};
use crate::{build, output, packages, site};
use dockerfile::{Stage, Step, User};
use root::Root;

/// Where the build stage leaves what `cargo xtask build` made; the last stage may copy from nowhere else.
const DIST: &str = "/dist";

/// How long the process may take until it is ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// How long it may take to stop, which is what `docker stop` grants before it kills.
const STOPPED_WITHIN: Duration = Duration::from_secs(10);

/// Characters of a step that the table shows.
const STEP_CHARS: usize = 60;

/// Builds the image's root file system and runs it.
///
/// # Errors
/// We are not root, a step fails, or the image does not do what it has to.
pub fn container(options: &[&str]) -> Result<ExitCode> {
    let debug = match options {
        [] => false,
        ["--debug"] => true,
        _ => bail!("usage: cargo xtask container [--debug]"),
    };
    if !workspace::is_root()? {
        bail!("`cargo xtask container` needs root: it mounts file systems and enters one with chroot");
    }
    let workspace = Workspace::find()?;
    let text = fs::read_to_string(workspace.root.join("Dockerfile")).context("reading the Dockerfile")?;
    let stage = last_stage(&text)?;
    packages::ensure(&[&packages::MMDEBSTRAP, &packages::POSTGRES])?;
    let dist = if debug { development_build(&workspace)? } else { workspace.target.join("dist") };
    if !dist.join("meshline").is_file() || !dist.join("site").is_dir() {
        bail!(
            "{} lacks the program or its site folder; run `cargo xtask build` first, or take --debug",
            dist.display()
        );
    }
    let mut report = Report::default();
    let (root, image) = make(&workspace, &stage, &dist, &mut report)?;
    let cluster = Cluster::start(&workspace, &postgres::TEST)?;
    let database = format!("container_{}", std::process::id());
    cluster.create_database(&database)?;
    let checked = Trial { root: &root, image: &image, log: workspace.target.join("container.log") }
        .run(&cluster.url(&database), &mut report);
    cluster.drop_database(&database)?;
    report.print();
    checked?;
    println!("The image works.");
    Ok(ExitCode::SUCCESS)
}

fn last_stage(text: &str) -> Result<Stage> {
    dockerfile::parse(text).context("Dockerfile")?.pop().context("the Dockerfile has no stage")
}

/// What `cargo xtask build` makes, compiled for development.
fn development_build(workspace: &Workspace) -> Result<PathBuf> {
    let server = output::phase("server", || build::server(workspace))?;
    let dist = workspace.target.join("dist-debug");
    fs::create_dir_all(&dist)?;
    output::phase("WebAssembly and styles", || {
        site::build(workspace, Mode::Development, &dist.join("site"))
    })?;
    fs::copy(&server, dist.join("meshline"))?;
    Ok(dist)
}

/// What the instructions leave beside files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Image {
    env: Vec<(String, String)>,
    volumes: Vec<String>,
    user: Option<User>,
    port: Option<u16>,
    health: Option<String>,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
}

impl Image {
    /// Takes an instruction that changes no file.
    fn set(&mut self, step: &Step) -> Result<()> {
        match step.clone() {
            Step::Env(variables) => {
                self.env.retain(|(name, _)| variables.iter().all(|(new, _)| new != name));
                self.env.extend(variables);
            }
            Step::Volume(paths) => self.volumes.extend(paths),
            Step::User(user) => self.user = Some(user),
            Step::Expose(port) => self.port = Some(port),
            Step::HealthCheck(command) => self.health = Some(command),
            Step::Entrypoint(words) => self.entrypoint = words,
            Step::Cmd(words) => self.cmd = words,
            Step::Run { .. } | Step::Copy { .. } | Step::WorkDir(_) => {
                bail!("this instruction is not supported in the last stage")
            }
        }
        Ok(())
    }

    /// The user that the program runs as.
    fn user(&self) -> Result<User> {
        let user = self.user.context("the last stage has no USER, so the program would run as root")?;
        if user.uid == 0 || user.gid == 0 {
            bail!("USER is root");
        }
        Ok(user)
    }

    /// Whether the exposed port is the one that the program listens on.
    fn check_port(&self) -> Result<()> {
        let listen = self.env.iter().find(|(name, _)| name == "MESHLINE_LISTEN").map(|(_, value)| value);
        let port = listen.and_then(|listen| listen.rsplit_once(':')?.1.parse().ok());
        if port.is_none() || port != self.port {
            bail!("EXPOSE names {:?}, while MESHLINE_LISTEN has {port:?}", self.port);
        }
        Ok(())
    }
}

/// Carries out the stage.
fn make(workspace: &Workspace, stage: &Stage, dist: &Path, report: &mut Report) -> Result<(Root, Image)> {
    let suite = stage
        .base
        .strip_prefix("debian:")
        .and_then(|tag| tag.strip_suffix("-slim"))
        .with_context(|| format!("the last stage starts from {}, not from debian:…-slim", stage.base))?;
    let folder = workspace.target.join("container");
    let root = report.step(&format!("FROM {}", stage.base), || {
        Ok((Root::make(folder, suite)?, "made by mmdebstrap, minbase".into()))
    })?;
    let mut image = Image::default();
    for step in &stage.steps {
        report.step(&name(step), || {
            let done = match step {
                Step::Run { mounts, .. } if !mounts.is_empty() => {
                    bail!("--mount is not supported in the last stage")
                }
                Step::Run { .. } if image.user.is_some() => bail!("RUN after USER is not supported"),
                Step::Run { command, .. } => {
                    process::capture(&mut root.shell(&image.env, command))?;
                    "done"
                }
                Step::Copy { from: Some(_), sources, target } => {
                    for source in sources {
                        root.copy(&in_dist(dist, source)?, target)?;
                    }
                    "done"
                }
                Step::Copy { from: None, .. } => bail!("the last stage copies from the build context"),
                other => {
                    image.set(other)?;
                    "set"
                }
            };
            Ok(((), done.into()))
        })?;
    }
    image.check_port()?;
    image.user()?;
    if image.entrypoint.is_empty() || image.cmd.is_empty() {
        bail!("the last stage has no ENTRYPOINT or no CMD");
    }
    Ok((root, image))
}

/// The file that a `COPY` from the build stage means.
fn in_dist(dist: &Path, source: &str) -> Result<PathBuf> {
    let path = Path::new(source)
        .strip_prefix(DIST)
        .with_context(|| format!("COPY takes {source}, while the build stage leaves its result in {DIST}"))?;
    if path.components().any(|part| part.as_os_str() == "..") {
        bail!("COPY takes {source}, which leads out of {DIST}");
    }
    Ok(dist.join(path))
}

/// A step as the table shows it.
fn name(step: &Step) -> String {
    let pairs = |pairs: &[(String, String)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    match step {
        Step::Run { command, .. } => format!("RUN {command}"),
        Step::Copy { from, sources, target } => {
            let from = from.as_ref().map(|from| format!("--from={from} ")).unwrap_or_default();
            format!("COPY {from}{} {target}", sources.join(" "))
        }
        Step::Env(variables) => format!("ENV {}", pairs(variables)),
        Step::WorkDir(path) => format!("WORKDIR {path}"),
        Step::Volume(paths) => format!("VOLUME {}", paths.join(" ")),
        Step::User(User { uid, gid }) => format!("USER {uid}:{gid}"),
        Step::Expose(port) => format!("EXPOSE {port}"),
        Step::HealthCheck(command) => format!("HEALTHCHECK {command}"),
        Step::Entrypoint(words) => format!("ENTRYPOINT {}", words.join(" ")),
        Step::Cmd(words) => format!("CMD {}", words.join(" ")),
    }
}

/// The image as it runs.
struct Trial<'a> {
    root: &'a Root,
    image: &'a Image,
    log: PathBuf,
}

impl Trial<'_> {
    fn run(&self, database_url: &str, report: &mut Report) -> Result<()> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut env = self.image.env.clone();
        // As `docker run --env` does; the image's own port may be taken on this machine.
        env.retain(|(name, _)| name != "MESHLINE_LISTEN");
        env.push(("MESHLINE_LISTEN".into(), format!("127.0.0.1:{port}")));
        env.push(("DATABASE_URL".into(), database_url.to_owned()));

        report.step("--version", || {
            let version = process::capture(&mut self.program(&env, &["--version"])?).context(
                "the program does not start in the image; was it linked against a newer C library?",
            )?;
            let expected = format!("meshline {}", env!("CARGO_PKG_VERSION"));
            if version.trim() != expected {
                bail!("the program is {}, not {expected}", version.trim());
            }
            Ok(((), version.trim().to_owned()))
        })?;
        report.step("migrate", || {
            process::capture(&mut self.program(&env, &["migrate"])?)?;
            Ok(((), "schema and master key made".into()))
        })?;
        let arguments: Vec<&str> = self.image.cmd.iter().map(String::as_str).collect();
        let log = File::create(&self.log)?;
        let mut command = self.program(&env, &arguments)?;
        let mut serving = Started::new(command.stdout(log.try_clone()?).stderr(log))?;
        report.step("GET /readyz", || {
            let start = Instant::now();
            while get(port, "/readyz").ok() != Some(200) {
                if start.elapsed() > READY_WITHIN || !serving.runs()? {
                    bail!("it does not get ready; see {}", self.log.display());
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(((), "200".into()))
        })?;
        let pid = only_child(serving.id())?;
        report.step("user", || Ok(((), self.unprivileged(pid)?)))?;
        report.step("writable paths", || Ok(((), self.writable(&env)?)))?;
        if let Some(health) = &self.image.health {
            report.step("health check", || {
                let shell = ["/bin/sh".to_owned(), "-c".to_owned(), health.clone()];
                process::capture(&mut self.root.command(
                    self.image.user()?,
                    &self.image.volumes,
                    &env,
                    &shell,
                ))?;
                Ok(((), "healthy".into()))
            })?;
        }
        report.step("SIGTERM", || {
            process::run(Command::new("kill").args(["-TERM", &pid.to_string()]))?;
            let start = Instant::now();
            while serving.runs()? {
                if start.elapsed() > STOPPED_WITHIN {
                    bail!("it has not stopped after {}", output::seconds(STOPPED_WITHIN));
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let status = serving.wait()?;
            if !status.success() {
                bail!("it ended with {status}; see {}", self.log.display());
            }
            Ok(((), "ended with 0".into()))
        })
    }

    /// The image's program with these arguments, everything but its volumes read-only.
    fn program(&self, env: &[(String, String)], arguments: &[&str]) -> Result<Command> {
        let mut line = self.image.entrypoint.clone();
        line.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        Ok(self.root.command(self.image.user()?, &self.image.volumes, env, &line))
    }

    /// Checks what the kernel says of the process.
    fn unprivileged(&self, pid: u32) -> Result<String> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
        let User { uid, gid } = self.image.user()?;
        for (field, expected) in [("Uid", uid), ("Gid", gid)] {
            let found = values(&status, field)?;
            if found.iter().any(|number| *number != expected.to_string()) {
                bail!("{field} of the process is {}, not {expected}", found.join(" "));
            }
        }
        let (groups, capabilities) = (values(&status, "Groups")?, values(&status, "CapEff")?);
        if groups.iter().any(|group| *group != gid.to_string()) {
            bail!("the process is in the groups {}", groups.join(" "));
        }
        if capabilities.iter().any(|set| set.contains(|digit| digit != '0')) {
            bail!("the process has the capabilities {}", capabilities.join(" "));
        }
        Ok(format!("uid {uid}, gid {gid}, no capabilities"))
    }

    /// Checks that the user can write to the image's volumes and nowhere else.
    fn writable(&self, env: &[(String, String)]) -> Result<String> {
        let line = ["find", "/", "-xdev", "-writable", "!", "-type", "l"].map(str::to_owned);
        let mut command = self.root.command(self.image.user()?, &self.image.volumes, env, &line);
        // Folders that the user may not even list are reported on stderr, with exit code 1.
        let output = process::output(&mut command)?;
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        let volumes = &self.image.volumes;
        let within = |path: &str| volumes.iter().any(|volume| Path::new(path).starts_with(volume));
        if let Some(path) = found.lines().find(|path| !within(path)) {
            bail!("the user can write to {path}");
        }
        match volumes.iter().find(|volume| !found.lines().any(|path| path == volume.as_str())) {
            Some(volume) => bail!("the user cannot write to the volume {volume}"),
            None => Ok(format!("{} only", volumes.join(" "))),
        }
    }
}

/// The values of a field in `/proc/PID/status`.
fn values<'a>(status: &'a str, field: &str) -> Result<Vec<&'a str>> {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    Ok(line.with_context(|| format!("the process has no field {field}"))?.split_whitespace().collect())
}

/// The one child of a process. `unshare` stays outside of the process namespace and waits for it.
fn only_child(parent: u32) -> Result<u32> {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))?;
    match children.split_whitespace().collect::<Vec<_>>().as_slice() {
        [child] => Ok(child.parse()?),
        other => bail!("process {parent} has {} children instead of one", other.len()),
    }
}

/// The status that a path is answered with.
fn get(port: u16, path: &str) -> Result<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.split(' ').nth(1).context("the answer has no status")?.parse()?)
}

/// The table of steps.
#[derive(Default)]
struct Report {
    rows: Vec<(String, String, Duration)>,
}

impl Report {
    /// Carries out a step and notes what came of it.
    fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
        let short = shortened(name);
        eprintln!("== {short}");
        let start = Instant::now();
        let done = work().with_context(|| short.clone());
        let said = done.as_ref().map_or_else(|_| "failed".to_owned(), |(_, said)| said.clone());
        self.rows.push((short, said, start.elapsed()));
        Ok(done?.0)
    }

    fn print(&self) {
        println!("{:<width$}  {:<36}{:>10}", "step", "result", "time", width = STEP_CHARS);
        for (name, result, time) in &self.rows {
            println!("{name:<width$}  {result:<36}{:>10}", output::seconds(*time), width = STEP_CHARS);
        }
    }
}

/// A text on one line, cut where it is too long for the table.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(STEP_CHARS) {
        Some(_) => line.chars().take(STEP_CHARS - 1).chain(['…']).collect(),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCKERFILE: &str = include_str!("../../Dockerfile");

    fn image(stage: &Stage) -> Image {
        let mut image = Image::default();
        for step in stage.steps.iter().filter(|step| !matches!(step, Step::Run { .. } | Step::Copy { .. })) {
            image.set(step).unwrap();
        }
        image
    }

    #[test]
    fn the_image_runs_as_a_numbered_user_on_the_exposed_port() {
        let image = image(&last_stage(DOCKERFILE).unwrap());
        assert_ne!(image.user().unwrap().uid, 0);
        image.check_port().unwrap();
        assert_eq!(
            (image.entrypoint, image.cmd),
            (vec!["/opt/meshline/meshline".to_owned()], vec!["serve".to_owned()])
        );
        assert!(image.health.is_some());
        // Whatever the program writes by default lies in a volume, or a read-only container could not run it.
        for variable in ["MESHLINE_KEY_FILE", "MESHLINE_DATA_DIR"] {
            let (_, path) = image.env.iter().find(|(name, _)| name == variable).unwrap();
            assert!(image.volumes.iter().any(|volume| Path::new(path).starts_with(volume)), "{variable}");
        }
    }

    #[test]
    fn the_last_stage_copies_what_the_build_stage_leaves() {
        let stages = dockerfile::parse(DOCKERFILE).unwrap();
        let [build, last] = stages.as_slice() else { panic!("{} stages", stages.len()) };
        let leaves = format!("cargo xtask build && cp --recursive target/dist {DIST}");
        assert!(
            build.steps.iter().any(|step| matches!(step, Step::Run { command, .. } if *command == leaves))
        );
        let mut copies = 0;
        for step in &last.steps {
            if let Step::Copy { from, sources, .. } = step {
                assert_eq!(*from, build.name);
                assert!(sources.iter().all(|source| in_dist(Path::new("d"), source).is_ok()));
                copies += 1;
            }
        }
        assert_eq!(copies, 1);
        assert!(in_dist(Path::new("d"), "/etc/passwd").is_err());
        assert!(in_dist(Path::new("d"), "/dist/../etc").is_err());
    }

    #[test]
    fn root_and_a_wrong_port_are_refused() {
        let mut image = Image::default();
        assert!(image.user().is_err(), "no USER");
        image.set(&Step::User(User { uid: 0, gid: 5 })).unwrap();
        assert!(image.user().is_err(), "root");
        image.set(&Step::Env(vec![("MESHLINE_LISTEN".into(), "0.0.0.0:3000".into())])).unwrap();
        assert!(image.check_port().is_err(), "no EXPOSE");
        image.set(&Step::Expose(3001)).unwrap();
        assert!(image.check_port().is_err(), "another port");
        image.set(&Step::Expose(3000)).unwrap();
        image.check_port().unwrap();
    }

    #[test]
    fn the_table_keeps_steps_on_one_line() {
        assert_eq!(shortened("RUN  a\n  b"), "RUN a b");
        let long = shortened(&"é".repeat(100));
        assert!(long.chars().count() == STEP_CHARS && long.ends_with('…'));
    }

    #[test]
    fn fields_of_a_process_are_read() {
        let status = "Name:\tmeshline\nUid:\t1\t1\t2\t1\nGroups:\t\n";
        assert_eq!(values(status, "Uid").unwrap(), ["1", "1", "2", "1"]);
        assert!(values(status, "Groups").unwrap().is_empty());
        assert!(values(status, "CapEff").is_err());
    }
}
