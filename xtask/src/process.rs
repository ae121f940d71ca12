//! Child processes: starting and ending them, and handling of signals.

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

/// The polling interval for a child with a time limit.
const POLL: Duration = Duration::from_millis(20);

/// Forwards SIGINT, SIGTERM and SIGHUP to the children from now on instead of exiting, so that temporary resources can be cleaned
/// up.
///
/// # Errors
/// Returns an error if the handlers cannot be installed.
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

/// Returns whether a signal has asked us to exit.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// Sleeps until a signal asks us to exit.
pub fn wait_for_interrupt() {
    while !interrupted() {
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Runs a command with our own stdout and stderr.
///
/// # Errors
/// Returns an error if it cannot be started or exits with anything but 0.
pub fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` exited with {status}", line(command));
    }
    Ok(())
}

/// Runs a command with our own stdout and stderr. Returns its exit status.
///
/// # Errors
/// Returns an error if it cannot be started or a signal interrupted us.
pub fn status(command: &mut Command) -> Result<ExitStatus> {
    let mut child = Started::new(command)?;
    let status = child.0.wait()?;
    after(command, status)
}

/// Does the same as [`run`] in our own process group, for programs that prompt on the terminal (`sudo`).
///
/// # Errors
/// Returns an error if it cannot be started or exits with anything but 0.
pub fn run_at_terminal(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("starting `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` exited with {status}", line(command));
    }
    Ok(())
}

/// Runs a command. Returns its stdout.
///
/// # Errors
/// Returns an error if it cannot be started or exits with anything but 0; the message contains its stderr.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = output(command)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` exited with {}\n{}", line(command), output.status, said.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` printed invalid UTF-8", line(command)))
}

/// Runs a command. Returns all of its output, whatever its exit status.
///
/// # Errors
/// Returns an error if it cannot be started or a signal interrupted us.
pub fn output(command: &mut Command) -> Result<Output> {
    let mut child = Started::new(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let stdout = read_aside(child.0.stdout.take());
    let stderr = read_aside(child.0.stderr.take());
    let status = after(command, child.0.wait()?)?;
    Ok(Output { status, stdout: joined(stdout), stderr: joined(stderr) })
}

/// The result of [`output_within`].
pub struct Limited {
    /// The exit status; `None` if it was killed at the limit.
    pub status: Option<ExitStatus>,
    /// The text on stdout.
    pub stdout: String,
    /// The text on stderr.
    pub stderr: String,
}

/// Runs a command, and kills it and its children at the limit.
///
/// # Errors
/// Returns an error if it cannot be started or a signal interrupted us.
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

/// Runs a command with our own stderr and passes every line of its stdout to `each` as it arrives.
///
/// # Errors
/// Returns an error if it cannot be started or a signal interrupted us.
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

/// A child process in its own process group. It exits with us.
pub struct Started(Child);

impl Started {
    /// Starts a command without stdin.
    ///
    /// # Errors
    /// Returns an error if it cannot be started or a signal has already asked us to exit.
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

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Returns whether the process is still running.
    ///
    /// # Errors
    /// Returns an error if the status cannot be read.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.0.try_wait()?.is_none())
    }

    /// Kills the process and waits until it is gone.
    ///
    /// # Errors
    /// Returns an error if the process cannot be killed.
    pub fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }

    /// Sends a signal, named without `SIG`.
    pub fn signal(&self, signal: &str) {
        send(self.0.id(), signal);
    }

    /// Waits until the process exits.
    ///
    /// # Errors
    /// Returns an error if waiting fails.
    pub fn wait(mut self) -> Result<ExitStatus> {
        Ok(self.0.wait()?)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let id = self.0.id();
        if let Ok(None) = self.0.try_wait() {
            send(id, "TERM");
            // A suspended process receives no signal before it continues.
            send(id, "CONT");
            // An error would mean that it has already exited.
            let _ = self.0.wait();
        }
        groups().retain(|group| *group != id);
    }
}

/// Returns the command as typed on a command line, for messages.
pub fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Returns the first file with that name in the folders of `PATH`.
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

/// Sends a signal to a process group, which may already be gone.
fn send(group: u32, signal: &str) {
    let script = format!("kill -{signal} -{group} 2>/dev/null");
    let _ = Command::new("sh").args(["-c", &script]).status();
}

type Reader = std::thread::JoinHandle<Vec<u8>>;

fn read_aside(stream: Option<impl Read + Send + 'static>) -> Reader {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // A broken pipe ends the text; the exit status says how the child ended.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

fn joined(reader: Reader) -> Vec<u8> {
    reader.join().unwrap_or_default()
}
