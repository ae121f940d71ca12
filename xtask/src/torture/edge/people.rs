//! People who sign up and sign in over HTTP.

use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::attacks::{connect, form};
use crate::bench::stand::Stand;
use crate::process;
use crate::torture::http::Message;

/// The person whose use of the server is measured.
pub const USER: &str = "user@corvane.example";
/// Everyone's password.
const PASSWORD: &str = "ravine-quill-orbit-42";
/// The address that people use.
pub const FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 10);
/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Creates a person with these roles, separated by commas, and returns the cookie of their session.
///
/// # Errors
/// Returns an error if that does not work.
pub fn sign_up(stand: &Stand, database: &str, to: SocketAddr, email: &str, roles: &str) -> Result<String> {
    let link = process::capture(stand.meshline(database).args(["user", "add", email, "--role", roles]))?;
    let token = link.trim().rsplit('/').next().context("no link was printed")?.to_owned();
    post(to, "/actions/set-password", &format!("token={token}&password={PASSWORD}&again={PASSWORD}"))?;
    sign_in(to, email)
}

/// Signs a person in and returns the cookie of the session.
///
/// # Errors
/// Returns an error if the server does not let them in.
pub fn sign_in(to: SocketAddr, email: &str) -> Result<String> {
    let fields = format!("email={}&password={PASSWORD}", email.replace('@', "%40"));
    let answer = post(to, "/actions/sign-in", &fields)?;
    let cookie = answer.header("set-cookie").filter(|cookie| cookie.contains("meshline_session="));
    let cookie = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned);
    cookie.with_context(|| format!("signing in was answered with {} and no session", answer.first))
}

fn post(to: SocketAddr, path: &str, fields: &str) -> Result<Message> {
    let request = form(path, fields.len(), fields).replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let answer = ask(FROM, to, &request)?;
    ensure!(answer.status() == Some(303), "{path} was answered with {}", answer.first);
    Ok(answer)
}

/// Sends a request on a connection of its own and returns the answer.
///
/// # Errors
/// Returns an error if there is no answer in time.
pub fn ask(from: Ipv4Addr, to: SocketAddr, request: &str) -> Result<Message> {
    let mut stream: TcpStream = connect(from, to)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    Message::read(&mut BufReader::new(stream))?.context("the connection was closed")
}
