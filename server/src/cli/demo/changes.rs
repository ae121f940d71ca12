//! Pending changes of the demo organisation: one by the owner of the rules, one suggested by an SDR, and a draft.

use engine::change::{self, Kind};
use engine::identity::plain_email;
use service::change as changing;
use store::actor::ActorId;
use store::changes::DraftEdit;
use store::people;
use store::workflows;
use store::{Actor, Error, Store};

/// Creates the changes and submits two of them.
pub(super) async fn propose(store: &Store) -> store::Result<()> {
    let felix = person(store, "felix@corvane.example").await?;
    let threshold = |text: &str| text.replace("intent_confidence > 0.85", "intent_confidence > 0.6");
    let why = "AEs want to call target accounts sooner. Some that ask for prices wait in the queue or are only advanced.";
    let number = draft(
        store,
        &felix,
        Kind::RuleSet,
        "inbound-form",
        "Target accounts from an intent of 0.60",
        why,
        threshold,
    )
    .await?;
    changing::submit(store, &felix, number, 2).await?;
    let sam = person(store, "sam@corvane.example").await?;
    let entry = |text: &str| format!("{text}Wonka Industries\n");
    let why = "They call every week and are not on the list.";
    let number =
        draft(store, &sam, Kind::List, "tam", "Wonka Industries is a target account", why, entry).await?;
    changing::submit(store, &sam, number, 2).await?;
    let ines = person(store, "ines@corvane.example").await?;
    let phrase =
        |text: &str| text.replace("white paper: 0.1", "white paper: 0.1\n      request for proposal: 0.8");
    draft(store, &ines, Kind::Map, "inbound-form", "Read requests for proposals", "", phrase).await?;
    Ok(())
}

async fn person(store: &Store, email: &str) -> store::Result<Actor> {
    let email = plain_email(email).unwrap_or_default();
    let person = people::by_email(store, &email).await?.ok_or(Error::NotFound("person"))?;
    Ok(Actor { who: ActorId::Person(person.id), roles: person.roles, ..Actor::command("demo") })
}

/// Creates a draft that differs from the newest version.
async fn draft(
    store: &Store,
    author: &Actor,
    kind: Kind,
    name: &str,
    title: &str,
    why: &str,
    edit: impl Fn(&str) -> String,
) -> store::Result<i64> {
    let newest = {
        let mut connection = store.pool().acquire().await?;
        workflows::newest(&mut connection, kind, name).await?.ok_or(Error::NotFound("version"))?
    };
    let text = change::write(kind, &newest.body).map_err(|problem| Error::Corrupt(problem.to_string()))?;
    let source = edit(&text);
    let body = change::read(kind, name, &source, &[]).body;
    let number = changing::start(store, author, kind, name, &text, Some(&newest.body)).await?;
    let edit = DraftEdit { revision: 1, title, why, source: &source, body: body.as_ref() };
    changing::save(store, author, number, edit).await?;
    Ok(number)
}
