//! A minimal HTTP/1.1 client, so that the client takes little of the processor time being measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// How long to wait for a response.
const PATIENCE: Duration = Duration::from_secs(120);

/// A persistent connection.
pub struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    answer: Vec<u8>,
}

/// A complete response.
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// The body. Of a chunked response, it includes the chunk lengths.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects to a server.
    ///
    /// # Errors
    /// Returns an error if the connection is refused.
    pub fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, out: Vec::new(), answer: Vec::new() })
    }

    /// Sends a request in one write and reads the whole response. `head` is the request line and all headers except the length,
    /// each terminated by CR LF.
    ///
    /// # Errors
    /// Returns an error if the connection is lost or the response is not HTTP.
    pub fn ask(&mut self, head: &str, body: &[u8]) -> Result<Answer<'_>> {
        self.out.clear();
        write!(self.out, "{head}Content-Length: {}\r\n\r\n", body.len())?;
        self.out.extend_from_slice(body);
        self.stream.write_all(&self.out)?;
        self.answer.clear();
        let (status, start, length) = loop {
            self.more()?;
            if let Some(end) = find(&self.answer, b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.answer[..end])
                    .context("the head of the response is not UTF-8")?;
                break (status(head)?, end + 4, length(head));
            }
        };
        match length {
            Some(length) => {
                while self.answer.len() < start + length {
                    self.more()?;
                }
            }
            // Chunked. With one request at a time, the last chunk ends the response.
            None => {
                while !self.answer.ends_with(b"\r\n0\r\n\r\n") {
                    self.more()?;
                }
            }
        }
        Ok(Answer { status, body: &self.answer[start..] })
    }

    /// Returns the head of the last response.
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
    status.context("the response has no status")
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
