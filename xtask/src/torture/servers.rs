//! `meshline serve`, several times on one database.

use std::fs::OpenOptions;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::http;
use super::world::World;
use crate::process::{self, Started};

/// How long a process may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process and those that take its place.
pub struct Server {
    /// Where it listens; its successors too.
    pub port: u16,
    slot: char,
    generation: usize,
    running: Option<Started>,
}

impl Server {
    /// Starts one. `slot` names it.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(world: &World, slot: char) -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut server = Self { port, slot, generation: 0, running: None };
        server.next(world)?;
        Ok(server)
    }

    /// What its claims are noted under; every successor has a name of its own.
    pub fn name(&self) -> String {
        format!("{}{}", self.slot, self.generation)
    }

    /// Kills it where it is, and starts its successor at once.
    ///
    /// # Errors
    /// The successor cannot be started.
    pub fn kill(&mut self, world: &World) -> Result<()> {
        if let Some(running) = self.running.take() {
            running.kill()?;
        }
        self.next(world)
    }

    /// Starts a successor if it has ended by itself, as it does where its database is away when it starts.
    ///
    /// # Errors
    /// The successor cannot be started.
    pub fn tend(&mut self, world: &World) -> Result<()> {
        let runs = match &mut self.running {
            Some(running) => running.runs()?,
            None => false,
        };
        if !runs { self.next(world) } else { Ok(()) }
    }

    /// Waits until it answers that it is ready.
    ///
    /// # Errors
    /// It does not in time.
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

    /// Signals it, by the signal's name without `SIG`.
    pub fn signal(&self, signal: &str) {
        if let Some(running) = &self.running {
            running.signal(signal);
        }
    }

    /// One of its figures; 0 where it has not been counted yet.
    ///
    /// # Errors
    /// It does not answer.
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
