//! What attackers do with connections.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};
use socket2::{Domain, SockAddr, Type};

/// How long to wait for a connection, as the kernel asks again after one, three and seven seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects from one of this machine's addresses.
///
/// # Errors
/// Returns an error if there is no connection in time.
pub fn connect(from: Ipv4Addr, to: SocketAddr) -> Result<TcpStream> {
    let socket = socket2::Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SockAddr::from(SocketAddr::from((from, 0))))?;
    socket
        .connect_timeout(&SockAddr::from(to), PATIENCE)
        .with_context(|| format!("connecting from {from}"))?;
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Returns a form, or the beginning of one: `bytes` may announce more than there is.
pub fn form(path: &str, bytes: usize, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nAccept: text/html\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {bytes}\r\n\r\n{body}"
    )
}

/// A connection that is never waited for.
pub struct Socket {
    stream: TcpStream,
    is_over: bool,
}

impl Socket {
    /// Connects and sends something.
    ///
    /// # Errors
    /// Returns an error if there is no connection in time.
    pub fn open(from: Ipv4Addr, to: SocketAddr, said: &[u8]) -> Result<Self> {
        let stream = connect(from, to)?;
        // An attacker that does not read need not hold much of what is sent.
        socket2::SockRef::from(&stream).set_recv_buffer_size(4096)?;
        stream.set_nonblocking(true)?;
        let mut socket = Self { stream, is_over: false };
        socket.send(said);
        Ok(socket)
    }

    /// Opens several.
    ///
    /// # Errors
    /// Returns an error if there is no connection in time.
    pub fn open_all(from: Ipv4Addr, to: SocketAddr, count: usize, said: &[u8]) -> Result<Vec<Self>> {
        (0..count).map(|_| Self::open(from, to, said)).collect()
    }

    /// Sends as much as the kernel takes, and returns how much that was.
    pub fn send(&mut self, said: &[u8]) -> usize {
        match self.stream.write(said) {
            Ok(sent) => sent,
            Err(error) => {
                self.is_over |= error.kind() != ErrorKind::WouldBlock;
                0
            }
        }
    }

    /// Returns whether the server has closed the connection. Reads nothing.
    pub fn is_closed(&mut self) -> bool {
        self.is_over |= match self.stream.peek(&mut [0]) {
            Ok(0) => true,
            Ok(_) => matches!(self.stream.take_error(), Ok(Some(_)) | Err(_)),
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        self.is_over
    }

    /// Returns what has arrived.
    fn arrived(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.is_over = true,
                Ok(read) => {
                    said.extend_from_slice(&buffer[..read]);
                    continue;
                }
                Err(error) => self.is_over |= error.kind() != ErrorKind::WouldBlock,
            }
            return said;
        }
    }
}

/// Returns how many connections got which answer.
pub fn statuses(sockets: &mut [Socket]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for socket in sockets {
        let said = socket.arrived();
        let status = said.get(9..12).map(|status| String::from_utf8_lossy(status).into_owned());
        let status = status.unwrap_or_else(|| if socket.is_over { "closed" } else { "none" }.to_owned());
        *counts.entry(status).or_default() += 1;
    }
    counts
}
