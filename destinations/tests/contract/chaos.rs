//! A TCP proxy between a destination and its server that can simulate network failures.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The behaviour of the network.
#[derive(Clone, PartialEq)]
pub enum Mode {
    /// Everything passes.
    Pass,
    /// Once a request contains this text, its response is dropped and the connection closed.
    CutAnswersTo(String),
    /// Once a request contains this text, its response is dropped and the connection stays open.
    SwallowAnswersTo(String),
}

/// The proxy.
#[derive(Clone)]
pub struct Chaos {
    /// The address that it listens on.
    pub address: SocketAddr,
    mode: Arc<Mutex<Mode>>,
}

impl Chaos {
    /// Starts a working proxy in front of `server`.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let chaos = Self { address: listener.local_addr().unwrap(), mode: Arc::new(Mutex::new(Mode::Pass)) };
        let shared = chaos.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = shared.clone();
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        shared.carry(client, server).await;
                    }
                });
            }
        });
        chaos
    }

    /// Changes the behaviour from now on, on open connections too.
    pub fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    fn mode(&self) -> Mode {
        self.mode.lock().unwrap().clone()
    }

    async fn carry(&self, mut client: TcpStream, mut server: TcpStream) {
        let (mut asked, mut answered) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        let mut is_marked = false;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Ok(count @ 1..) = read else { return };
                    let text = match self.mode() {
                        Mode::Pass => None,
                        Mode::CutAnswersTo(text) | Mode::SwallowAnswersTo(text) => Some(text),
                    };
                    is_marked |= text.is_some_and(|text| asked[..count].windows(text.len()).any(|window| window == text.as_bytes()));
                    if server.write_all(&asked[..count]).await.is_err() { return }
                }
                read = server.read(&mut answered) => {
                    let Ok(count @ 1..) = read else { return };
                    match self.mode() {
                        Mode::CutAnswersTo(_) if is_marked => return,
                        Mode::SwallowAnswersTo(_) if is_marked => {}
                        _ => if client.write_all(&answered[..count]).await.is_err() { return },
                    }
                }
            }
        }
    }
}

/// Returns an address that refuses connections.
pub async fn nowhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}
