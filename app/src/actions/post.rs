//! Letters to people.

use std::future::Future;
use std::pin::Pin;

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

/// The way to people's mailboxes: what the server implements.
pub trait Post: Send + Sync {
    /// Hands a letter to the mail server and waits for its word.
    fn send(&self, letter: Letter) -> Pin<Box<dyn Future<Output = Sent> + Send + '_>>;
}
