//! Runs several `meshline serve` processes on one database.

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::http;
use super::world::World;
use crate::process::{self, Started};

/// The time limit for a process to become ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process, and the successors that replace it.
pub struct Server {
    /// The port that the process and its successors listen on.
    pub port: u16,
    slot: char,
    generation: usize,
    running: Option<Started>,
}

impl Server {
    /// Starts a process. `slot` identifies it.
    ///
    /// # Errors
    /// Returns an error if it cannot be started.
    pub fn start(world: &World, slot: char) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut server = Self { port, slot, generation: 0, running: None };
        server.next(world)?;
        Ok(server)
    }

    /// Returns the name that its claims are recorded under; every successor has a different one.
    pub fn name(&self) -> String {
        format!("{}{}", self.slot, self.generation)
    }

    /// Kills the process and starts its successor at once.
    ///
    /// # Errors
    /// Returns an error if the successor cannot be started.
    pub fn kill(&mut self, world: &World) -> Result<()> {
        if let Some(running) = self.running.take() {
            running.kill()?;
        }
        self.next(world)
    }

    /// Starts a successor if the process has exited, as it does when its database is unavailable at startup.
    ///
    /// # Errors
    /// Returns an error if the successor cannot be started.
    pub fn tend(&mut self, world: &World) -> Result<()> {
        let runs = match &mut self.running {
            Some(running) => running.runs()?,
            None => false,
        };
        if !runs { self.next(world) } else { Ok(()) }
    }

    /// Waits until the process is ready.
    ///
    /// # Errors
    /// Returns an error if it is not ready in time.
    pub fn ready(&mut self, world: &World) -> Result<()> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE && !process::interrupted() {
            self.tend(world)?;
            if self.get("/readyz").is_ok_and(|answer| answer.status() == Some(200)) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("the server is not ready; see {}", world.folder.display())
    }

    /// Sends a signal, named without `SIG`.
    pub fn signal(&self, signal: &str) {
        if let Some(running) = &self.running {
            running.signal(signal);
        }
    }

    /// Returns one of its metrics, or 0 if it has not been counted yet.
    ///
    /// # Errors
    /// Returns an error if the process does not answer.
    pub fn figure(&self, name: &str) -> Result<usize> {
        let answer = self.get("/metrics")?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(value.map_or(Ok(0), str::parse)?)
    }

    fn get(&self, path: &str) -> std::io::Result<http::Message> {
        http::ask(self.port, "GET", path, &[], "", Duration::from_secs(10))
    }

    fn next(&mut self, world: &World) -> Result<()> {
        self.generation += 1;
        let log = world.folder.join(format!("server-{}.log", self.slot));
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let listen = format!("127.0.0.1:{}", self.port);
        let mut command = world.command(&["serve", "--listen", &listen], &self.name());
        self.running = Some(Started::new(command.stderr(log))?);
        Ok(())
    }
}
