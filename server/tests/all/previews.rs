//! The preview of a change: the newest leads, decided again with the change in place.

use engine::action::Action;
use engine::change::Kind;
use service::change::{self, ChangeImpact};
use store::actor::Role;
use store::changes;

use crate::lead::{Office, good};

/// Starts a draft with a text and returns its projected impact.
async fn impact_of(office: &Office, kind: Kind, name: &str, text: &str) -> ChangeImpact {
    let store = office.store();
    let author = store::testing::person(store, "Ana", &[Role::Revops]).await;
    let reading = change::read(store, kind, name, text).await.unwrap();
    assert_eq!(reading.draft.marks, []);
    let body = reading.draft.body.as_ref();
    let number = change::start(store, &author, kind, name, text, body).await.unwrap();
    let mut connection = store.pool().acquire().await.unwrap();
    let change = changes::by_number(&mut connection, number).await.unwrap();
    drop(connection);
    change::impact(store, &change, chrono::Utc::now()).await.unwrap()
}

#[tokio::test]
async fn a_list_is_previewed_with_the_entries_of_the_draft_and_with_none_if_it_has_none() {
    let office = Office::open().await;
    for (key, company) in [("k1", "Initech"), ("k2", "Globex"), ("k3", "Zorg")] {
        office.send(key, &good(key, company)).await.unwrap();
    }
    let assigned = async |text: &str| {
        let impact = impact_of(&office, Kind::List, "tam", text).await;
        let [workflow] = impact.workflows.as_slice() else { panic!("{impact:?}") };
        assert_eq!(workflow.decided, 3);
        (workflow.actions[&Action::Assign], workflow.moved)
    };
    assert_eq!(assigned("value\n").await, ((2, 0), 2), "an emptied list matches no lead");
    assert_eq!(assigned("value\nUmbrella\n").await, ((2, 0), 2));
    assert_eq!(assigned("value\nInitech\n").await, ((2, 1), 1));
    assert_eq!(assigned("value\nInitech\nGlobex\nZorg\n").await, ((2, 3), 1));
}

#[tokio::test]
async fn another_change_is_previewed_with_the_live_entries_of_every_list() {
    let office = Office::open().await;
    office.send("k", &good("Ana", "Initech")).await.unwrap();
    let rules = {
        let mut connection = office.store().pool().acquire().await.unwrap();
        let newest = store::workflows::newest(&mut connection, Kind::RuleSet, "inbound-form").await.unwrap();
        change::text_of(&newest.unwrap()).unwrap()
    };
    let impact = impact_of(&office, Kind::RuleSet, "inbound-form", &format!("{rules}\n# A comment\n")).await;
    let workflow = &impact.workflows[0];
    assert_eq!((workflow.actions[&Action::Assign], workflow.moved), ((1, 1), 0));
}
