//! A mail server for tests that accepts and keeps every e-mail: real SMTP (RFC 5321) over a real socket.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;

/// A running mail server and the e-mails it received.
pub struct MailServer {
    /// The URL of the server.
    pub url: String,
    letters: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    /// Starts the server. It rejects recipients whose address contains `refused`.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let letters = Arc::new(Mutex::new(Vec::new()));
        let kept = letters.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = kept.clone();
                tokio::spawn(async move { talk(stream, &kept).await });
            }
        });
        Self { url, letters }
    }

    /// Returns the e-mails received so far, once there are `count` of them.
    pub async fn letters(&self, count: usize) -> Vec<String> {
        for _ in 0..200 {
            let letters = self.letters.lock().await;
            if letters.len() >= count {
                return letters.clone();
            }
            drop(letters);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{count} e-mails did not arrive: {:?}", self.letters.lock().await);
    }
}

async fn talk(stream: TcpStream, kept: &Mutex<Vec<String>>) -> Option<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.ok()?;
    while let Some(line) = lines.next_line().await.ok()? {
        let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-test\r\n250 8BITMIME\r\n",
            "RCPT" if line.contains("refused") => b"550 nobody here\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.ok()?;
                let mut letter = String::new();
                while let Some(line) = lines.next_line().await.ok()?.filter(|line| line != ".") {
                    letter.push_str(&line);
                    letter.push('\n');
                }
                kept.lock().await.push(letter);
                b"250 taken\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            _ => b"250 fine\r\n",
        };
        write.write_all(answer).await.ok()?;
    }
    None
}

/// Returns the text of an e-mail without soft line breaks (quoted-printable, RFC 2045 §6.7).
pub fn unfolded(letter: &str) -> String {
    letter.replace("=\n", "").replace("=3D", "=")
}
