//! Sends letters to people over SMTP.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use lettre::address::AddressError;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

/// A plain-text letter to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The recipient's address.
    pub to: String,
    /// The recipient's name.
    pub name: String,
    /// The subject line.
    pub subject: String,
    /// The body.
    pub text: String,
}

/// The result of sending a letter: whether the mail server accepted it, or the reason why not.
pub type SendResult = Result<(), String>;

/// A service that delivers letters.
pub trait EmailSender: Send + Sync {
    /// Sends a letter to the mail server and waits for its answer.
    fn send(&self, letter: Email) -> Pin<Box<dyn Future<Output = SendResult> + Send + '_>>;
}

/// Time limit for each answer of the mail server.
const ANSWER: Duration = Duration::from_secs(10);

/// A mail server with a sender address.
#[derive(Clone)]
pub struct SmtpMailer {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Why the options for mail are invalid.
#[derive(Debug, thiserror::Error)]
pub enum MailOptionsError {
    /// The server's address is invalid.
    #[error("the address of the mail server is not like smtps://user:password@mail.example:465 ({0})")]
    Server(#[source] lettre::transport::smtp::Error),
    /// The sender's address is invalid.
    #[error("the sender is not like Meshline <meshline@acme.example> ({0})")]
    From(#[source] AddressError),
}

impl SmtpMailer {
    /// Creates a client from the server's address (`smtps://…`, `smtp://…?tls=required`, or `smtp://…` without encryption) and
    /// the sender. Does not connect yet.
    ///
    /// # Errors
    /// Returns [`MailOptionsError`] if one of them is not a valid address.
    pub fn new(server: &str, from: &str) -> Result<Self, MailOptionsError> {
        let server =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(server).map_err(MailOptionsError::Server)?;
        Ok(Self {
            server: server.timeout(Some(ANSWER)).build(),
            from: from.parse().map_err(MailOptionsError::From)?,
        })
    }
}

impl EmailSender for SmtpMailer {
    fn send(&self, letter: Email) -> Pin<Box<dyn Future<Output = SendResult> + Send + '_>> {
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

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The server's address may contain a password.
        f.debug_struct("Mail").field("from", &self.from).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_be_right_are_refused_at_once_and_told_without_the_password() {
        let from = "Meshline <meshline@acme.example>";
        assert!(SmtpMailer::new("smtps://ana:secret@mail.example:465", from).is_ok());
        for (server, from) in
            [("mail.example", from), ("http://mail.example", from), ("smtp://mail.example", "meshline")]
        {
            assert!(SmtpMailer::new(server, from).is_err(), "{server} {from}");
        }
        let mail = SmtpMailer::new("smtps://ana:secret@mail.example", from).unwrap();
        assert!(!format!("{mail:?}").contains("secret"));
    }
}
