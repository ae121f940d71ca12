//! A CalDAV server with calendars, whose files are read back directly.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::http;
use super::journal::{Difference, Expected};
use crate::process::{self, Started};
use crate::workspace;

/// The server: <https://radicale.org>.
const PACKAGE: &str = "radicale==3.9.0";
/// The user to sign in as.
pub const USER: &str = "sales";
/// The password of [`USER`]. The server is reachable only from this machine.
pub const PASSWORD: &str = "meshline torture calendars";
/// The owners of the calendars.
const NAMES: [&str; 3] = ["ana", "bo", "cem"];
/// The time limit for the server to start or answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns the people who receive meetings.
pub fn people() -> impl Iterator<Item = String> {
    NAMES.into_iter().map(|name| format!("{name}@torture.example"))
}

/// Returns the path of each person's calendar.
pub fn paths() -> BTreeMap<String, String> {
    people().zip(NAMES).map(|(person, name)| (person, format!("/{USER}/{name}/"))).collect()
}

/// A running server with an empty calendar per person. Dropping it stops the server.
pub struct Calendars {
    port: u16,
    store: PathBuf,
    running: Option<Started>,
}

impl Calendars {
    /// Starts the server with its files in `folder`.
    ///
    /// # Errors
    /// Returns an error if it cannot be installed or does not start.
    pub fn start(folder: &Path) -> Result<Self> {
        let python = install()?;
        fs::create_dir_all(folder)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let (users, store, config) = (folder.join("users"), folder.join("store"), folder.join("config"));
        fs::write(&users, format!("{USER}:{PASSWORD}\n"))?;
        fs::write(
            &config,
            format!(
                "[server]\nhosts = 127.0.0.1:{port}\nmax_connections = 100\n\
                 [auth]\ntype = htpasswd\nhtpasswd_filename = {}\nhtpasswd_encryption = plain\ndelay = 0\n\
                 [rights]\ntype = owner_only\n[storage]\nfilesystem_folder = {}\n[logging]\nlevel = critical\n",
                users.display(),
                store.display(),
            ),
        )?;
        let mut command = Command::new(python);
        command.args(["-m", "radicale", "--config"]).arg(&config);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let calendars = Self { port, store, running: Some(Started::new(&mut command)?) };
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if start.elapsed() > PATIENCE {
                bail!("the calendar server does not start");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let authorization = format!("Basic {}", STANDARD.encode(format!("{USER}:{PASSWORD}")));
        for path in paths().values() {
            let headers = [("authorization", authorization.as_str()), ("connection", "close")];
            let answer = http::ask(port, "MKCALENDAR", path, &headers, "", PATIENCE)?;
            if answer.status() != Some(201) {
                bail!("{path} was not created: {}", answer.first);
            }
        }
        Ok(calendars)
    }

    /// Returns the port that the server listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Compares the calendars with the requested meetings. A calendar shows only the current state: one meeting per lead, as its
    /// last decision asks, and no overlapping meetings.
    ///
    /// # Errors
    /// Returns an error if the files cannot be read.
    pub fn compare(&self, expected: &[Expected]) -> Result<Difference> {
        let meetings = self.meetings()?;
        let mut last: BTreeMap<&str, &Expected> = BTreeMap::new();
        for effect in expected {
            let last = last.entry(&effect.remote_key).or_insert(effect);
            if effect.sequence > last.sequence {
                *last = effect;
            }
        }
        let mut difference = Difference::default();
        for (remote_key, effect) in &last {
            let mut of_lead = meetings.iter().filter(|meeting| meeting.remote_key == *remote_key);
            match of_lead.next() {
                Some(meeting) if meeting.effect_key == effect.effect_key => {}
                Some(meeting) if meeting.sequence < effect.sequence => difference.out_of_order += 1,
                _ => difference.lost += 1,
            }
            difference.duplicated += of_lead.count();
        }
        difference.duplicated +=
            meetings.iter().filter(|meeting| !last.contains_key(meeting.remote_key.as_str())).count();
        let mut starts: Vec<_> = meetings.iter().map(|meeting| (&meeting.calendar, &meeting.start)).collect();
        starts.sort();
        difference.duplicated += starts.windows(2).filter(|pair| pair[0] == pair[1]).count();
        Ok(difference)
    }

    /// Returns the meetings that are not cancelled.
    fn meetings(&self) -> Result<Vec<Meeting>> {
        let mut meetings = Vec::new();
        for name in NAMES {
            let folder = self.store.join("collection-root").join(USER).join(name);
            for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "ics") {
                    meetings.extend(Meeting::read(name, &fs::read_to_string(path)?));
                }
            }
        }
        Ok(meetings)
    }
}

impl Drop for Calendars {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            // An error would mean that it has already exited.
            let _ = running.kill();
        }
    }
}

/// A meeting in a calendar.
#[derive(Debug, PartialEq, Eq)]
struct Meeting {
    calendar: &'static str,
    remote_key: String,
    effect_key: String,
    sequence: i64,
    start: String,
}

impl Meeting {
    /// Parses an iCalendar object (RFC 5545); `None` if it is cancelled.
    fn read(calendar: &'static str, text: &str) -> Option<Self> {
        let text = text.replace("\r\n", "\n").replace("\n ", "");
        let value = |name: &str| {
            let line = text.lines().find(|line| {
                line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':') || rest.starts_with(';'))
            })?;
            Some(line.split_once(':')?.1.to_owned())
        };
        if value("STATUS").is_some_and(|status| status == "CANCELLED") {
            return None;
        }
        Some(Self {
            calendar,
            remote_key: value("UID")?.split('@').next()?.to_owned(),
            effect_key: bare(value("X-MESHLINE-EFFECT")?),
            sequence: value("X-MESHLINE-SEQUENCE")?.parse().ok()?,
            start: value("DTSTART")?,
        })
    }
}

fn bare(digest: String) -> String {
    super::receiver::bare(&digest).to_owned()
}

/// Installs the server into the folder that the contract tests use too. Returns its Python.
fn install() -> Result<PathBuf> {
    let folder = workspace::cache()?.join(PACKAGE.replace("==", "@"));
    let python = folder.join("bin/python");
    if !python.is_file() {
        process::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        process::run(Command::new(&python).args(["-m", "pip", "install", "--quiet", PACKAGE]))?;
    }
    Ok(python)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:abc@meshline\r\nX-MESHLINE-EFFECT:sha256:12\r\n 34\r\n\
        X-MESHLINE-SEQUENCE:3\r\nDTSTART;VALUE=DATE-TIME:20261123T090000Z\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn a_meeting_is_read_unless_it_is_cancelled() {
        let meeting = Meeting::read("ana", TEXT).unwrap();
        assert_eq!(
            (meeting.remote_key.as_str(), meeting.effect_key.as_str(), meeting.sequence),
            ("abc", "1234", 3)
        );
        assert_eq!(meeting.start, "20261123T090000Z");
        assert_eq!(Meeting::read("ana", &TEXT.replace("CONFIRMED", "CANCELLED")), None);
    }
}
