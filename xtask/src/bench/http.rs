//! A client for HTTP/1.1 that does as little as possible, so that it does not take the time it measures.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long an answer may take before the connection is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection that is kept.
pub struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    answer: Vec<u8>,
}

/// A whole answer.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The body; of one that came in chunks, with their lengths in between.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, out: Vec::new(), answer: Vec::new() })
    }

    /// Sends a request in one write and reads the whole answer. `head` is the request line and all headers but the length,
    /// each ended by CR LF.
    ///
    /// # Errors
    /// The connection breaks, or the answer is not HTTP.
    pub fn ask(&mut self, head: &str, body: &[u8]) -> Result<Answer<'_>> {
        self.out.clear();
        write!(self.out, "{head}Content-Length: {}\r\n\r\n", body.len())?;
        self.out.extend_from_slice(body);
        self.stream.write_all(&self.out)?;
        self.answer.clear();
        let (status, start, length) = loop {
            self.more()?;
            if let Some(end) = find(&self.answer, b"\r\n\r\n") {
                let head =
                    std::str::from_utf8(&self.answer[..end]).context("the answer's head is not text")?;
                break (status(head)?, end + 4, length(head));
            }
        };
        match length {
            Some(length) => {
                while self.answer.len() < start + length {
                    self.more()?;
                }
            }
            // Chunked; with one request at a time, the last chunk is the end of what comes.
            None => {
                while !self.answer.ends_with(b"\r\n0\r\n\r\n") {
                    self.more()?;
                }
            }
        }
        Ok(Answer { status, body: &self.answer[start..] })
    }

    /// The head of the last answer.
    pub fn head(&self) -> &str {
        let end = find(&self.answer, b"\r\n\r\n").unwrap_or_default();
        std::str::from_utf8(self.answer.get(..end).unwrap_or_default()).unwrap_or_default()
    }

    fn more(&mut self) -> Result<()> {
        let mut buffer = [0; 64 * 1024];
        let read = self.stream.read(&mut buffer)?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        self.answer.extend_from_slice(&buffer[..read]);
        Ok(())
    }
}

fn status(head: &str) -> Result<u16> {
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    status.context("the answer has no status")
}

fn length(head: &str) -> Option<usize> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
