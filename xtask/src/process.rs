//! Child processes: how they are started, how they end, and what a signal to us does to them.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// How often a child with a time limit is looked at.
const POLL: Duration = Duration::from_millis(20);

/// From now on SIGINT, SIGTERM and SIGHUP end the children, not us: whoever started something
/// temporary gets to take it down again.
///
/// # Errors
/// The handlers cannot be installed.
pub fn forward_signals() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("installing signal handlers")?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            INTERRUPTED.store(true, Ordering::SeqCst);
            for group in groups().iter() {
                send(*group, "TERM");
            }
        }
    });
    Ok(())
}

/// Whether a signal has asked us to end.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Sleeps until a signal asks us to end.
pub fn wait_for_interrupt() {
    while !interrupted() {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Runs the command with our own stdout and stderr.
///
/// # Errors
/// It cannot be started, or ends with anything but 0.
pub fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs the command with our own stdout and stderr and tells how it ended.
///
/// # Errors
/// It cannot be started, or a signal ended us meanwhile.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    let mut child = Started::new(command)?;
    let status = child.0.wait()?;
    after(command, status)
}

/// Like [`run`], in our own process group, for programs that ask something at the terminal (`sudo`).
///
/// # Errors
/// It cannot be started, or ends with anything but 0.
pub fn run_at_terminal(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line(command));
    }
    Ok(())
}

/// Runs the command and returns its stdout.
///
/// # Errors
/// It cannot be started, or ends with anything but 0; the message has what it wrote to stderr.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` ended with {}\n{}", line(command), output.status, said.trim_end());
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("`{}` printed something else than UTF-8", line(command)))
}

/// Runs the command and returns all that it printed, however it ended.
///
/// # Errors
/// It cannot be started, or a signal ended us meanwhile.
pub fn output(command: &mut Command) -> Result<Output> {
    let mut child = Started::new(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let stdout = read_aside(child.0.stdout.take());
    let stderr = read_aside(child.0.stderr.take());
    let status = after(command, child.0.wait()?)?;
    Ok(Output { status, stdout: joined(stdout), stderr: joined(stderr) })
}

/// What [`output_within`] found.
pub struct Limited {
    /// How it ended; `None` if it had to be killed at the limit.
    pub status: Option<ExitStatus>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// Runs the command, and kills it and its children at the limit.
///
/// # Errors
/// It cannot be started, or a signal ended us meanwhile.
pub fn output_within(command: &mut Command, limit: Duration) -> Result<Limited> {
    let mut child = Started::new(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let stdout = read_aside(child.0.stdout.take());
    let stderr = read_aside(child.0.stderr.take());
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.0.try_wait()? {
            break Some(after(command, status)?);
        }
        if start.elapsed() > limit {
            send(child.0.id(), "KILL");
            child.0.wait()?;
            break None;
        }
        std::thread::sleep(POLL);
    };
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Limited { status, stdout: text(joined(stdout)), stderr: text(joined(stderr)) })
}

/// Runs the command with our own stderr and hands every line of its stdout to `each` as it comes.
///
/// # Errors
/// It cannot be started, or a signal ended us meanwhile.
pub fn each_line(command: &mut Command, mut each: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = Started::new(command.stdout(Stdio::piped()))?;
    if let Some(stdout) = child.0.stdout.take() {
        for text in BufReader::new(stdout).lines() {
            each(&text?);
        }
    }
    let status = child.0.wait()?;
    after(command, status)
}

/// A child in a process group of its own, ended with us.
pub struct Started(Child);

impl Started {
    /// Starts the command without stdin.
    ///
    /// # Errors
    /// It cannot be started, or a signal has already asked us to end.
    pub fn new(command: &mut Command) -> Result<Self> {
        let mut running = groups();
        if interrupted() {
            bail!("interrupted");
        }
        command.stdin(Stdio::null()).process_group(0);
        let child = command.spawn().with_context(|| format!("starting `{}`", line(command)))?;
        running.push(child.id());
        Ok(Self(child))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }

    /// Kills it where it is: nothing of it runs any more once this returns.
    ///
    /// # Errors
    /// The operating system refuses.
    pub fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// Signals it, by the signal's name without `SIG`.
    pub fn signal(&self, signal: &str) {
        send(self.0.id(), signal);
    }

    /// Waits until it ends.
    ///
    /// # Errors
    /// The operating system does not tell.
    pub fn wait(mut self) -> Result<ExitStatus> {
        Ok(self.0.wait()?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let id = self.0.id();
        if let Ok(None) = self.0.try_wait() {
            send(id, "TERM");
            // One that was stopped hears nothing before it goes on.
            send(id, "CONT");
            // The error would be that it is gone already.
            let _ = self.0.wait();
        }
        groups().retain(|group| *group != id);
    }
}

/// The command as a person would type it, for messages.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// The first existing file among `PATH`'s folders with that name.
pub fn find(program: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn after(command: &Command, status: ExitStatus) -> Result<ExitStatus> {
    if interrupted() {
        bail!("interrupted while `{}` ran", line(command));
    }
    Ok(status)
}

fn groups() -> MutexGuard<'static, Vec<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Signals a process group. A group that is gone already is no failure.
fn send(group: u32, signal: &str) {
    let script = format!("kill -{signal} -{group} 2>/dev/null");
    let _ = Command::new("sh").args(["-c", &script]).status();
}

type Reader = std::thread::JoinHandle<Vec<u8>>;

fn read_aside(stream: Option<impl Read + Send + 'static>) -> Reader {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // A broken pipe ends the text; how the child ended is told by its status.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn joined(reader: Reader) -> Vec<u8> {
    reader.join().unwrap_or_default()
}
