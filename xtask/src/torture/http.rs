//! The parts of HTTP/1.1 that a webhook receiver and a client of the API need.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// The maximum size of a body; a longer one cannot come from Meshline.
const BODY_BYTES: usize = 16 << 20;

/// A message: its start line, its headers with lower-case names, and its body.
pub struct Message {
    /// The start line, such as `POST /hook HTTP/1.1` or `HTTP/1.1 201 Created`.
    pub first: String,
    headers: Vec<(String, String)>,
    /// The complete body.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads a message. Returns `None` if the peer closed the connection before sending one.
    ///
    /// # Errors
    /// Returns an error if the connection is lost or the message is malformed.
    pub fn read(from: &mut impl BufRead) -> Result<Option<Self>> {
        let mut first = String::new();
        if from.read_line(&mut first)? == 0 {
            return Ok(None);
        }
        let mut message = Self { first: first.trim_end().to_owned(), headers: Vec::new(), body: Vec::new() };
        loop {
            let mut line = String::new();
            if from.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or(ErrorKind::InvalidData)?;
            message.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        match message.header("content-length").map(str::parse) {
            Some(Ok(length @ ..=BODY_BYTES)) => {
                message.body = vec![0; length];
                from.read_exact(&mut message.body)?;
            }
            Some(_) => return Err(ErrorKind::InvalidData.into()),
            // A response without a length ends with the connection. So do chunked ones, which are not decoded.
            None if message.first.starts_with("HTTP/") => {
                from.take(BODY_BYTES as u64).read_to_end(&mut message.body).map(drop)?
            }
            None => {}
        }
        Ok(Some(message))
    }

    /// Returns the value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Returns the status of a response.
    pub fn status(&self) -> Option<u16> {
        self.first.split(' ').nth(1)?.parse().ok()
    }
}

/// Sends a request on its own connection and reads the complete response.
///
/// # Errors
/// Returns an error if the connection is refused or lost, or if no response arrives in time.
pub fn ask(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
    patience: Duration,
) -> Result<Message> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_nodelay(true)?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(head.as_bytes())?;
    Message::read(&mut BufReader::new(stream))?.ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_completely_or_not_at_all() {
        let text = "POST /hook HTTP/1.1\r\nWebhook-Id: a\r\ncontent-length: 2\r\n\r\n{}next";
        let mut from = text.as_bytes();
        let message = Message::read(&mut from).unwrap().unwrap();
        assert_eq!((message.header("webhook-id"), message.body.as_slice()), (Some("a"), b"{}".as_slice()));
        assert_eq!(from, b"next");
        assert!(Message::read(&mut &text.as_bytes()[..58]).is_err());
        assert!(Message::read(&mut "".as_bytes()).unwrap().is_none());
        let answer = Message::read(&mut "HTTP/1.1 503 Away\r\n\r\nlater".as_bytes()).unwrap().unwrap();
        assert_eq!((answer.status(), answer.body.as_slice()), (Some(503), b"later".as_slice()));
    }
}
