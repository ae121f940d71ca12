//! Letters to people, over SMTP.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

/// A letter to one person, in plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// What the person is called.
    pub name: String,
    /// What it is about.
    pub subject: String,
    /// What it says.
    pub text: String,
}

/// Whether the mail server took a letter; if not, why.
pub type Sent = Result<(), String>;

/// A way to people's mailboxes.
pub trait Post: Send + Sync {
    /// Hands a letter to the mail server and waits for its word.
    fn send(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Sent> + Send + '_>>;
}

/// Time that a mail server gets for each of its answers.
const ANSWER: Duration = Duration::from_secs(10);

/// A mail server, and as whom we write.
#[derive(Clone)]
pub struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why letters cannot be sent as the options say.
#[derive(Debug, thiserror::Error)]
pub enum BadMail {
    /// The server's address is none.
    #[error("the address of the mail server is not like smtps://user:password@mail.example:465 ({0})")]
    Server(#[source] lettre::transport::smtp::Error),
    /// The sender's address is none.
    #[error("the sender is not like Meshline <meshline@acme.example> ({0})")]
    From(#[source] AddressError),
}

impl Mail {
    /// A mail server by its address (`smtps://…`, `smtp://…?tls=required`, or `smtp://…` without encryption), and the sender.
    /// Nothing is sent yet.
    ///
    /// # Errors
    /// [`BadMail`] when one of them is no such address.
    pub fn new(server: &str, from: &str) -> Result<Self, BadMail> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(server).map_err(BadMail::Server)?;
        Ok(Self { server: server.timeout(Some(ANSWER)).build(), from: from.parse().map_err(BadMail::From)? })
    }
}

impl Post for Mail {
    fn send(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Sent> + Send + '_>> {
        Box::pin(async move {
            let told = |error: &dyn std::error::Error| error.to_string();
            let to = letter.to.parse().map_err(|error| told(&error))?;
            let message = Message::builder()
                .from(self.from.clone())
                .to(Mailbox::new(Some(letter.name), to))
                .subject(letter.subject)
                .header(ContentType::TEXT_PLAIN)
                .body(letter.text)
                .map_err(|error| told(&error))?;
            self.server.send(message).await.map(drop).map_err(|error| told(&error))
        })
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The server's address may have a password in it.
        f.debug_struct("Mail").field("from", &self.from).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_be_right_are_refused_at_once_and_told_without_the_password() {
        let from = "Meshline <meshline@acme.example>";
        assert!(Mail::new("smtps://ana:secret@mail.example:465", from).is_ok());
        for (server, from) in
            [("mail.example", from), ("http://mail.example", from), ("smtp://mail.example", "meshline")]
        {
            assert!(Mail::new(server, from).is_err(), "{server} {from}");
        }
        let mail = Mail::new("smtps://ana:secret@mail.example", from).unwrap();
        assert!(!format!("{mail:?}").contains("secret"));
    }
}
