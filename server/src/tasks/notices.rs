//! Notifies people by e-mail of events that require their attention.

use app::actions::people::AccountNotice;
use app::actions::stop;
use chrono::Utc;
use service::mail::{Email, EmailSender as _};
use store::notices::{self, Notice};
use store::reads::frame::names_of_actors;
use store::{Error, Store};

use service::mail::SmtpMailer;

/// The mail server, and the public address for links.
#[derive(Clone, Debug)]
pub struct NoticeMail {
    /// The mail server.
    pub mail: SmtpMailer,
    /// The public address, for example `https://meshline.example`.
    pub origin: String,
}

/// Sends due notices. Letters that the mail server rejects are retried later. Without a mail server, notices appear only on the
/// home page.
pub(super) async fn send(
    store: &Store,
    letters: Option<&NoticeMail>,
) -> Result<Result<String, String>, Error> {
    let now = Utc::now();
    notices::forget(store, now).await?;
    let Some(letters) = letters else {
        return Ok(Ok("No mail server is configured: the home page alone tells.".into()));
    };
    let due = notices::due(store, now).await?;
    let (mut sent, mut problem) = (0, None);
    for notice in &due {
        match letters.mail.send(letter(store, notice, &letters.origin).await?).await {
            Ok(()) => {
                notices::sent(store, notice, Utc::now()).await?;
                sent += 1;
            }
            Err(why) => {
                notices::failed(store, notice, &why, Utc::now()).await?;
                problem = Some(why);
            }
        }
    }
    Ok(match problem {
        Some(why) => Err(format!("{sent} of {} sent; the mail server says: {why}", due.len())),
        None if due.is_empty() => Ok("No one to notify.".into()),
        None => Ok(format!("{sent} sent.")),
    })
}

async fn letter(store: &Store, notice: &Notice, origin: &str) -> Result<Email, Error> {
    if let Some(about) = AccountNotice::read(store, notice.clone()).await? {
        return Ok(about.letter(origin));
    }
    let names = names_of_actors(store, std::slice::from_ref(&notice.by_whom)).await?;
    Ok(stop::letter(notice, &names, origin))
}
