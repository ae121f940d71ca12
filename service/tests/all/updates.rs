//! Tests that outdated changes are told, cannot be approved, and are merged with what was approved in the meantime.

use engine::canonical::Digest;
use engine::change::{Kind, MergeSide, read};
use service::change::{self as changing, StartedOver};
use store::actor::{ActorId, Role};
use store::changes::{self, Change, ChangeHead, ChangeListFilter, ChangeScope, ChangeState, DraftEdit};
use store::reads::keyset::{Cursor, Order};
use store::testing::{TestDatabase, person};
use store::workflows;
use store::{Actor, Error, Store};

fn rules(spam: &str, hot: &str, cold: &str) -> String {
    format!(
        "rule_set: form\nrules:\n# Junk\n- id: spam\n  when: {spam}\n  then: [reject]\n\n\n\n- id: hot\n  name: Hot\n  when: {hot}\n  then: [advance]\n\n\n\n- id: cold\n  when: {cold}\n  then: [nurture]\ndefault: hold\n"
    )
}

struct Desk {
    database: TestDatabase,
    ana: Actor,
    ben: Actor,
    tove: Actor,
}

impl Desk {
    async fn open() -> Self {
        let database = TestDatabase::new().await;
        let store = &database.store;
        let ana = person(store, "Ana", &[Role::Revops]).await;
        let ben = person(store, "Ben", &[Role::Revops]).await;
        let tove = person(store, "Tove", &[Role::Revops]).await;
        Self { database, ana, ben, tove }
    }

    fn store(&self) -> &Store {
        &self.database.store
    }

    async fn change(&self, number: i64) -> Change {
        let mut connection = self.store().pool().acquire().await.unwrap();
        changes::by_number(&mut connection, number).await.unwrap()
    }

    /// Starts a draft with a text.
    async fn draft(&self, author: &Actor, source: &str) -> i64 {
        let store = self.store();
        let number = changing::start(store, author, Kind::RuleSet, "form", "", None).await.unwrap();
        let body = read(Kind::RuleSet, "form", source, &[]).body;
        let edit =
            DraftEdit { revision: 1, title: "Less junk", why: "They asked", source, body: body.as_ref() };
        changing::save(store, author, number, edit).await.unwrap();
        number
    }

    async fn submitted(&self, author: &Actor, source: &str) -> (i64, Digest) {
        let number = self.draft(author, source).await;
        self.submit(author, number).await.unwrap();
        (number, self.change(number).await.hash.unwrap())
    }

    async fn submit(&self, author: &Actor, number: i64) -> Result<(), Error> {
        let revision = self.change(number).await.revision;
        changing::submit(self.store(), author, number, revision).await.map(drop)
    }

    async fn approve(&self, actor: &Actor, number: i64) -> Result<(), Error> {
        let ChangeHead { hash, required, .. } = self.change(number).await.head;
        for role in required {
            if role == Role::Revops {
                changing::approve(self.store(), actor, number, &hash.unwrap(), &[], role, "").await?;
            } else {
                let other = person(self.store(), "Manager", &[role]).await;
                changing::approve(self.store(), &other, number, &hash.unwrap(), &[], role, "").await?;
            }
        }
        Ok(())
    }

    /// Makes a version of a text.
    async fn version(&self, source: &str) {
        let (number, _) = self.submitted(&self.ben, source).await;
        self.approve(&self.tove, number).await.unwrap();
    }

    async fn newest(&self) -> String {
        let mut connection = self.store().pool().acquire().await.unwrap();
        let newest = workflows::newest(&mut connection, Kind::RuleSet, "form").await.unwrap().unwrap();
        changing::text_of(&newest).unwrap()
    }

    async fn waiting(&self, actor: &Actor) -> i64 {
        let ActorId::Person(id) = actor.who else { panic!() };
        changes::waiting_for(self.store(), id, &actor.roles).await.unwrap()
    }

    async fn listed(&self, show: ChangeScope) -> Vec<(i64, bool)> {
        let filter = ChangeListFilter::from(show);
        let page = changes::list(self.store(), &filter, Order::Oldest, Cursor::Start, 50).await.unwrap();
        page.rows.iter().map(|row| (row.number, row.is_outdated)).collect()
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_outdated_change_says_so_and_cannot_be_approved_or_submitted() {
    let desk = Desk::open().await;
    desk.version(&rules("a > 1", "b > 1", "c > 1")).await;
    let (number, hash) = desk.submitted(&desk.ana, &rules("a > 2", "b > 1", "c > 1")).await;
    let draft = desk.draft(&desk.ana, &rules("a > 3", "b > 1", "c > 1")).await;
    assert_eq!(desk.waiting(&desk.tove).await, 1);
    assert_eq!(desk.listed(ChangeScope::Open).await, [(number, false)]);
    desk.version(&rules("a > 1", "b > 2", "c > 1")).await;
    assert!(desk.change(number).await.is_outdated());
    assert_eq!(desk.listed(ChangeScope::Open).await, [(number, true)]);
    assert_eq!(desk.listed(ChangeScope::Drafts).await, [(draft, true)]);
    let open = changes::open_of(desk.store(), Kind::RuleSet, Some("form")).await.unwrap();
    assert!(open.iter().all(|change| change.is_outdated) && open.len() == 2);
    // It counts for no one, since no one can approve it.
    assert_eq!(desk.waiting(&desk.tove).await, 0);
    // Its author has to update both.
    let ActorId::Person(ana) = desk.ana.who else { panic!() };
    assert_eq!(changes::outdated_by(desk.store(), ana).await.unwrap(), 2);
    let why = "version 2 was approved after this change was written. Update the change to version 2, then ask for approval again";
    let approved = changing::approve(desk.store(), &desk.tove, number, &hash, &[], Role::Revops, "").await;
    assert_eq!(refused(approved), why);
    assert_eq!(refused(desk.submit(&desk.ana, draft).await), why);
    let mut connection = desk.store().pool().acquire().await.unwrap();
    let reviews = changes::reviews(&mut connection, desk.change(number).await.id).await.unwrap();
    assert!(reviews.is_empty(), "the refused approval left nothing");
}

#[tokio::test]
async fn a_draft_is_brought_up_to_date_without_taking_back_what_others_changed() {
    let desk = Desk::open().await;
    desk.version(&rules("a > 1", "b > 1", "c > 1")).await;
    let number = desk.draft(&desk.ana, &rules("a > 2", "b > 1", "c > 1")).await;
    desk.version(&rules("a > 1", "b > 2", "c > 1")).await;
    let preview = changing::preview_merge(desk.store(), &desk.change(number).await).await.unwrap().unwrap();
    assert_eq!((preview.version, preview.conflicts.len()), (2, 0));
    let update = async |revision, version| {
        changing::bring_up_to_date(desk.store(), &desk.ana, number, revision, version, &[]).await
    };
    assert!(refused(update(2, 1).await).contains("version 2 was approved in the meantime"));
    assert!(matches!(update(1, 2).await, Err(Error::Stale { current: 2 })));
    assert_eq!(update(2, 2).await.unwrap(), 3);
    assert_eq!(update(2, 2).await.unwrap(), 3, "the same form again changes nothing");
    let merged = desk.change(number).await;
    assert_eq!(merged.source, rules("a > 2", "b > 2", "c > 1"), "comments and blank lines are kept");
    assert_eq!((merged.base_version, merged.is_outdated(), merged.title.as_str()), (2, false, "Less junk"));
    desk.submit(&desk.ana, number).await.unwrap();
    desk.approve(&desk.ben, number).await.unwrap();
    assert_eq!(desk.newest().await, rules("a > 2", "b > 2", "c > 1"));
}

#[tokio::test]
async fn what_both_changed_needs_a_choice() {
    let desk = Desk::open().await;
    desk.version(&rules("a > 1", "b > 1", "c > 1")).await;
    let number = desk.draft(&desk.ana, &rules("a > 2", "b > 1", "c > 7")).await;
    desk.version(&rules("a > 3", "b > 2", "c > 8")).await;
    let preview = changing::preview_merge(desk.store(), &desk.change(number).await).await.unwrap().unwrap();
    let subjects: Vec<&str> = preview.conflicts.iter().map(|conflict| conflict.subject.as_str()).collect();
    assert_eq!(subjects, ["Rule spam", "Rule cold"]);
    assert!(preview.conflicts[0].ours.as_ref().unwrap().contains("a > 2"));
    assert!(preview.conflicts[0].theirs.as_ref().unwrap().contains("a > 3"));
    let update = async |choices: &[MergeSide]| {
        changing::bring_up_to_date(desk.store(), &desk.ana, number, 2, 2, choices).await
    };
    assert_eq!(refused(update(&[MergeSide::Ours]).await), "choose a version for each conflict");
    assert!(desk.change(number).await.is_outdated());
    update(&[MergeSide::Ours, MergeSide::Theirs]).await.unwrap();
    let body = read(Kind::RuleSet, "form", &rules("a > 2", "b > 2", "c > 8"), &[]).body;
    assert_eq!(desk.change(number).await.body, body);
}

#[tokio::test]
async fn starting_over_keeps_title_reason_discussion_and_editors_and_merges() {
    let desk = Desk::open().await;
    let store = desk.store();
    desk.version(&rules("a > 1", "b > 1", "c > 1")).await;
    let (first, _) = desk.submitted(&desk.ana, &rules("a > 2", "b > 1", "c > 1")).await;
    changing::comment(store, &desk.tove, first, "I like it").await.unwrap();
    changing::withdraw(store, &desk.ana, first, "Not yet").await.unwrap();
    desk.version(&rules("a > 1", "b > 2", "c > 1")).await;
    let over = changing::start_over(store, &desk.ben, first).await.unwrap();
    assert!(over.is_up_to_date);
    let draft = desk.change(over.number).await;
    assert_eq!(
        (draft.title.as_str(), draft.why.as_str(), draft.state),
        ("Less junk", "They asked", ChangeState::Draft)
    );
    assert_eq!((draft.source.as_str(), draft.base_version), (&*rules("a > 2", "b > 2", "c > 1"), 2));
    let mut connection = store.pool().acquire().await.unwrap();
    let said = changes::discussion(&mut connection, draft.id).await.unwrap();
    let mut said: Vec<(&str, i64)> =
        said.iter().map(|review| (review.comment.as_str(), review.change)).collect();
    said.sort_unstable();
    assert_eq!(said, [("I like it", first), ("Not yet", first)]);
    drop(connection);
    // Ana wrote the text, so she does not approve it under another number.
    desk.submit(&desk.ben, over.number).await.unwrap();
    assert!(refused(desk.approve(&desk.ana, over.number).await).contains("someone else must approve"));
    desk.approve(&desk.tove, over.number).await.unwrap();
    assert!(
        refused(changing::start_over(store, &desk.ana, over.number).await).contains("already been approved")
    );
}

#[tokio::test]
async fn a_submitted_change_that_is_outdated_is_continued_in_a_draft() {
    let desk = Desk::open().await;
    let store = desk.store();
    desk.version(&rules("a > 1", "b > 1", "c > 1")).await;
    let (number, _) = desk.submitted(&desk.ana, &rules("a > 2", "b > 1", "c > 1")).await;
    assert!(refused(changing::start_over(store, &desk.ana, number).await).contains("still open"));
    desk.version(&rules("a > 3", "b > 1", "c > 1")).await;
    let sdr = person(store, "Sam", &[Role::Sdr]).await;
    assert!(refused(changing::start_over(store, &sdr, number).await).contains("only its author"));
    let StartedOver { number: draft, is_up_to_date } =
        changing::start_over(store, &desk.ana, number).await.unwrap();
    assert!(!is_up_to_date, "both changed one rule");
    assert_eq!(desk.change(number).await.state, ChangeState::Withdrawn);
    let started = desk.change(draft).await;
    assert_eq!((started.base_version, started.is_outdated()), (1, true));
    let choices = [MergeSide::Theirs];
    changing::bring_up_to_date(store, &desk.ana, draft, 1, 2, &choices).await.unwrap();
    assert_eq!(desk.change(draft).await.source, desk.newest().await);
    assert!(refused(desk.submit(&desk.ana, draft).await).contains("the same as the version"));
}

#[tokio::test]
async fn entries_of_a_list_are_merged_one_by_one() {
    let desk = Desk::open().await;
    let store = desk.store();
    let draft = async |author: &Actor, source: &str| {
        let body = read(Kind::List, "tam", source, &[]).body;
        let number = changing::start(store, author, Kind::List, "tam", "", None).await.unwrap();
        let edit = DraftEdit { revision: 1, title: "t", why: "", source, body: body.as_ref() };
        changing::save(store, author, number, edit).await.unwrap();
        number
    };
    let first = draft(&desk.ben, "Globex\nInitech\n").await;
    desk.submit(&desk.ben, first).await.unwrap();
    desk.approve(&desk.tove, first).await.unwrap();
    let ours = draft(&desk.ana, "Globex\nHooli\n").await;
    let theirs = draft(&desk.ben, "Globex\nInitech\nUmbrella\nhooli.\n").await;
    desk.submit(&desk.ben, theirs).await.unwrap();
    desk.approve(&desk.tove, theirs).await.unwrap();
    changing::bring_up_to_date(store, &desk.ana, ours, 2, 2, &[]).await.unwrap();
    let merged = desk.change(ours).await;
    assert_eq!(merged.body.unwrap()["entries"], serde_json::json!(["Globex", "Hooli", "Umbrella"]));
}

#[tokio::test]
async fn someone_else_s_change_is_withdrawn_with_a_reason_that_the_author_reads() {
    let desk = Desk::open().await;
    let store = desk.store();
    let (number, _) = desk.submitted(&desk.ana, &rules("a > 2", "b > 1", "c > 1")).await;
    assert!(refused(changing::withdraw(store, &desk.ben, number, " ").await).starts_with("give a reason"));
    assert_eq!(desk.change(number).await.state, ChangeState::Submitted);
    changing::withdraw(store, &desk.ben, number, "We do it otherwise").await.unwrap();
    let change = desk.change(number).await;
    let mut connection = store.pool().acquire().await.unwrap();
    let said = changes::reviews(&mut connection, change.id).await.unwrap();
    assert_eq!((change.state, said[0].comment.as_str()), (ChangeState::Withdrawn, "We do it otherwise"));
    let detail: serde_json::Value =
        sqlx::query_scalar("SELECT detail FROM audit_log WHERE action = 'change.withdraw'")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
    assert_eq!(detail["reason"], "We do it otherwise");
}
