//! As much of HTTP/1.1 as a webhook's receiver and a client of the API need.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A body that is longer comes from nobody we know.
const BODY_BYTES: usize = 16 << 20;

/// A message: its first line, headers with names in lower case, and its body.
pub struct Message {
    /// `POST /hook HTTP/1.1` or `HTTP/1.1 201 Created`.
    pub first: String,
    headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Message {
    /// Reads a message; `None` when the other side closed instead of beginning one.
    ///
    /// # Errors
    /// The connection broke, or what came is no message.
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
            // An answer without a length ends with the connection, and so do those in chunks, which are not taken apart.
            None if message.first.starts_with("HTTP/") => {
                from.take(BODY_BYTES as u64).read_to_end(&mut message.body).map(drop)?
            }
            None => {}
        }
        Ok(Some(message))
    }

    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The status of an answer.
    pub fn status(&self) -> Option<u16> {
        self.first.split(' ').nth(1)?.parse().ok()
    }
}

/// Sends a request on a connection of its own and reads the whole answer.
///
/// # Errors
/// Nobody listens, the connection broke, or nothing came in time.
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
    fn a_message_is_read_whole_or_not_at_all() {
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
