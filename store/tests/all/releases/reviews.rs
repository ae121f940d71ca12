//! An approval of a change counts for the live bundles that its reviewer saw.

use super::*;

const ANOTHER_WENT_LIVE: &str = "another release went live since you opened this page. Review it again";

impl Office {
    /// Submits a change of `tam`.
    async fn submitted(&self, entries: &[&str]) -> changes::Change {
        let body = json!({ "entries": entries });
        let mut tx = self.store().begin().await.unwrap();
        let author = id_of(&self.author).into();
        let base =
            workflows::newest(&mut tx, Kind::List, "tam").await.unwrap().map_or(0, |newest| newest.version);
        let draft = NewDraft {
            kind: Kind::List,
            name: "tam",
            base,
            source: "",
            body: Some(&body),
            author: Some(author),
            title: "",
            why: "",
            started_from: None,
        };
        let (id, number) = changes::insert(&mut tx, &self.author, draft).await.unwrap();
        changes::add_editor(&mut tx, id, author).await.unwrap();
        let change = changes::by_number(&mut tx, number).await.unwrap();
        let edit = DraftEdit { revision: 1, title: "More accounts", why: "", source: "", body: Some(&body) };
        changes::update(&mut tx, &self.author, &change, author, edit).await.unwrap();
        changes::set_submitted(&mut tx, &self.author, &change, author, &[Role::Revops]).await.unwrap();
        tx.commit().await.unwrap();
        changes::by_number(&mut self.store().pool().acquire().await.unwrap(), number).await.unwrap()
    }

    async fn seen(&self) -> Vec<Digest> {
        let mut connection = self.store().pool().acquire().await.unwrap();
        releases::live_bundles_of(&mut connection, Kind::List, "tam").await.unwrap()
    }

    async fn review(&self, change: &changes::Change, live: &[Digest]) -> Result<(), Error> {
        let review = NewReview {
            person: id_of(&self.other).into(),
            verdict: ReviewVerdict::Approve,
            role: Some(Role::Revops),
            seen: change.hash.as_ref(),
            live,
            comment: "",
        };
        let mut connection = self.store().pool().acquire().await.unwrap();
        changes::insert_review(&mut connection, &now(&self.other), change, review).await
    }

    /// Puts a change of another list live, which leaves `tam` unchanged.
    async fn another_goes_live(&self) {
        let (change, version) = self.approved_change("partners", &["P"]).await;
        let number = self.release(change, &[self.first, version]).await;
        self.approve_in_both_roles(number).await;
        self.go_live(&self.other, number).await.unwrap();
    }
}

#[tokio::test]
async fn an_approval_on_a_page_from_before_another_release_went_live_is_refused() {
    let office = Office::open().await;
    let change = office.submitted(&["A", "B"]).await;
    let seen = office.seen().await;
    assert_eq!(seen, [office.read(office.live().await).await.bundle]);
    office.another_goes_live().await;
    assert_eq!(refused(office.review(&change, &seen).await), ANOTHER_WENT_LIVE);
    // A review that lists too few or too many live bundles is rejected as well.
    assert_eq!(refused(office.review(&change, &[]).await), ANOTHER_WENT_LIVE);
    let mut both = office.seen().await;
    both.extend(seen);
    both.sort_unstable();
    assert_eq!(refused(office.review(&change, &both).await), ANOTHER_WENT_LIVE);
    office.review(&change, &office.seen().await).await.unwrap();
}

#[tokio::test]
async fn the_owner_is_refused_an_approval_without_what_its_reviewer_saw() {
    let office = Office::open().await;
    let change = office.submitted(&["A", "B"]).await;
    let mut owner = office.database.owner().await;
    let (id, person) = (change.id, id_of(&office.other));
    let insert = |values: &str| {
        format!(
            "INSERT INTO change_reviews (id, change_id, person_id, verdict, role, hash, comment, at, live_bundles) \
             SELECT gen_random_uuid(), '{id}', '{person}', {values} FROM releases r, changes c WHERE r.number = $1 AND c.id = '{id}'"
        )
    };
    let unseen = insert("'approve', 'revops', c.hash, '', now(), NULL");
    let commented = insert("'return', NULL, c.hash, 'No', now(), ARRAY[r.bundle]");
    refuses(
        &mut owner,
        1,
        &[
            (&unseen, RESTRICT, ANOTHER_WENT_LIVE),
            (&commented, "23514", "change_reviews_approval_saw_bundles"),
        ],
    )
    .await;
}

/// Covers an approval given while another release goes live: its timestamp is later, but its reviewer saw the previous live
/// bundle.
#[tokio::test]
async fn an_approval_given_while_another_release_goes_live_is_not_carried_over() {
    let office = Office::open().await;
    let change = office.submitted(&["A", "B"]).await;
    let seen = office.seen().await;
    let before_all = now(&office.other);
    let (other, partners) = office.approved_change("partners", &["P"]).await;
    let number = office.release(other, &[office.first, partners]).await;
    office.approve_in_both_roles(number).await;
    office.review(&change, &seen).await.unwrap();
    // The request to go live begins before the review and commits after it.
    let mut tx = office.store().begin().await.unwrap();
    let release = releases::locked(&mut tx, number).await.unwrap();
    releases::go_live(&mut tx, &before_all, &release).await.unwrap();
    tx.commit().await.unwrap();
    let mut connection = office.store().pool().acquire().await.unwrap();
    let version = changes::make_version(&mut connection, &now(&office.other), &change).await.unwrap().0;
    let late = office.release(change.id, &[version, partners]).await;
    releases::carry_approvals(&mut connection, office.read(late).await.id).await.unwrap();
    assert_eq!(office.missing(late).await, [Role::Revops], "the reviewer saw another live bundle");
}

#[tokio::test]
async fn a_release_that_is_built_on_what_is_no_longer_live_is_not_approved() {
    let office = Office::open().await;
    let (change, version) = office.approved_change("tam", &["A", "B"]).await;
    let number = office.release(change, &[version]).await;
    office.another_goes_live().await;
    let seen = office.read(number).await.bundle;
    assert_eq!(refused(office.approve(&office.other, number, &seen, Role::Revops).await), ANOTHER_WENT_LIVE);
}
