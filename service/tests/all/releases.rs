//! Tests the life of releases: approved, rebuilt, approved again, live.

use std::path::Path;

use engine::canonical::Digest;
use engine::change::{self as content, Kind};
use engine::control::release::Stage;
use engine::ids::PersonId;
use service::apply::{self, ApplyOptions};
use service::change::{self, ApprovalResult};
use service::release;
use store::actor::{Actor, Role};
use store::changes::{self, DraftEdit};
use store::people;
use store::releases::{self, Release};
use store::testing::{TestDatabase, person};
use store::workflows;
use store::{Error, Store};

const FILE: &str = r#"
lists:
  tam: {entries: [Initech]}
pools:
  team: {members: [{person: jane@acme.example}]}
workflows:
  form:
    title: Form
    takes: [{kind: form, source: website}]
    fields: {company: {type: string}, channel: {type: enum, values: [web, chat]}}
    map: {company: {from: /payload/company, extract: text}, channel: {from: /payload/channel, extract: enum}}
    rules:
    - {id: target, when: company in lists.tam, then: [{assign: {pool: team}}]}
    default: hold
  chat:
    title: Chat
    takes: [{kind: form, source: chat}]
    fields: {company: {type: string}}
    map: {company: {from: /payload/company, extract: text}}
    rules:
    - {id: target, when: company in lists.tam, then: [advance]}
    default: hold
"#;

/// Two live workflows that share a list, with the people who work on them.
struct Office {
    database: TestDatabase,
    author: Actor,
    revops: Actor,
    manager: Actor,
    enablement: Actor,
}

impl Office {
    async fn open() -> Self {
        let database = TestDatabase::new().await;
        let store = &database.store;
        let (file, secrets) = apply::parse("a test", FILE, Path::new("")).unwrap();
        let options = ApplyOptions { bootstrap: true, plan: false };
        store::testing::aes(store, ["jane@acme.example"]).await;
        apply::apply(store, &Actor::command("apply"), &file, &secrets, options).await.unwrap();
        Self {
            author: person(store, "Ana", &[Role::Revops]).await,
            revops: person(store, "Ben", &[Role::Revops]).await,
            manager: person(store, "Cleo", &[Role::AeRepLeader]).await,
            enablement: person(store, "Ida", &[Role::Enablement]).await,
            database,
        }
    }

    fn store(&self) -> &Store {
        &self.database.store
    }

    fn of(&self, role: Role) -> &Actor {
        match role {
            Role::Revops => &self.revops,
            Role::AeRepLeader => &self.manager,
            Role::Enablement => &self.enablement,
            other => panic!("{other}"),
        }
    }

    /// Edits a text, approves the change in every required role, and returns number and workflow of each release.
    async fn approved(&self, kind: Kind, name: &str, edit: impl Fn(&str) -> String) -> Vec<(i64, String)> {
        let store = self.store();
        let newest = {
            let mut connection = store.pool().acquire().await.unwrap();
            workflows::newest(&mut connection, kind, name).await.unwrap().unwrap()
        };
        let source = edit(&content::write(kind, &newest.body).unwrap());
        let body = content::read(kind, name, &source, &[]).body;
        assert!(body.is_some(), "{source}");
        let author = now(&self.author);
        let number = change::start(store, &author, kind, name, "", None).await.unwrap();
        let edit =
            DraftEdit { revision: 1, title: "A change", why: "", source: &source, body: body.as_ref() };
        let revision = change::save(store, &author, number, edit).await.unwrap();
        let approvers = change::submit(store, &author, number, revision).await.unwrap();
        let (seen, live) = {
            let mut connection = store.pool().acquire().await.unwrap();
            let live = releases::live_bundles_of(&mut connection, kind, name).await.unwrap();
            (changes::by_number(&mut connection, number).await.unwrap().hash.unwrap(), live)
        };
        for role in approvers {
            let approval =
                change::approve(store, &now(self.of(role)), number, &seen, &live, role, "").await.unwrap();
            if let ApprovalResult::Approved { releases, .. } = approval {
                return releases;
            }
        }
        panic!("every role has approved")
    }

    /// Creates a release of the list's next version in the workflow Form.
    async fn list(&self, entry: &str) -> i64 {
        let releases = self.approved(Kind::List, "tam", |text| format!("{text}{entry}\n")).await;
        releases.iter().find(|(_, title)| title == "Form").unwrap().0
    }

    /// Creates a release of another rule set in the workflow Form.
    async fn rules(&self) -> i64 {
        let edit = |text: &str| {
            text.replace("rules:\n", "rules:\n- id: web\n  when: channel == \"chat\"\n  then:\n  - nurture\n")
        };
        self.approved(Kind::RuleSet, "form", edit).await[0].0
    }

    /// Makes the first version of a pool, which no workflow uses.
    async fn approved_pool(&self, name: &str, source: &str) {
        let store = self.store();
        let body = content::read(Kind::Pool, name, source, &[]).body;
        let author = now(&self.author);
        let number = change::start(store, &author, Kind::Pool, name, source, body.as_ref()).await.unwrap();
        service::testing::approve_without_going_live(store, number).await;
    }

    async fn read(&self, number: i64) -> Release {
        releases::by_number(&mut self.store().pool().acquire().await.unwrap(), number).await.unwrap()
    }

    async fn go_live(&self, number: i64) -> Result<release::GoLiveResult, Error> {
        let seen = self.read(number).await.bundle;
        release::go_live(self.store(), &now(&self.revops), number, &seen).await
    }

    async fn approve(&self, role: Role, number: i64) -> Result<Vec<Role>, Error> {
        let seen = self.read(number).await.bundle;
        release::approve(self.store(), &now(self.of(role)), number, &seen, role).await
    }

    /// Returns kind, name and version of each live part in the workflow Form.
    async fn live_parts(&self) -> Vec<(String, i32)> {
        sqlx::query_as(
            "SELECT v.kind || ' ' || v.name, v.version FROM live_releases l JOIN workflows w ON w.id = l.workflow_id AND w.name = 'form' \
             JOIN versions v ON v.id = ANY (l.version_ids) ORDER BY 1",
        )
        .fetch_all(self.store().pool())
        .await
        .unwrap()
    }

    async fn version_of(&self, part: &str) -> i32 {
        self.live_parts().await.into_iter().find(|(name, _)| name == part).unwrap().1
    }
}

/// Adds a person with an address of the test's choice.
async fn named(store: &Store, email: &str, name: &str, roles: &[Role]) -> PersonId {
    people::add(store, &Actor::command("test"), email, name, roles).await.unwrap()
}

async fn deactivate(store: &Store, person: PersonId, is_deactivated: bool) {
    people::set_disabled(store, &Actor::command("test"), person, is_deactivated).await.unwrap();
}

fn now(actor: &Actor) -> Actor {
    Actor { now: engine::time::cut(chrono::Utc::now()), ..actor.clone() }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Refused(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn approving_creates_a_release_for_each_workflow_and_nothing_goes_live_by_it() {
    let office = Office::open().await;
    let releases = office.approved(Kind::List, "tam", |text| format!("{text}Globex\n")).await;
    let titles: Vec<&str> = releases.iter().map(|(_, title)| title.as_str()).collect();
    assert_eq!(titles, ["Chat", "Form"]);
    for (number, _) in &releases {
        assert_eq!(office.read(*number).await.stage, Stage::Approved);
    }
    assert_eq!(office.version_of("list tam").await, 1);
    let form = releases[1].0;
    let done = office.go_live(form).await.unwrap();
    assert_eq!((done.workflow.as_str(), done.to_approve), ("Form", vec![]));
    assert_eq!(office.version_of("list tam").await, 2);
    assert_eq!(office.read(releases[0].0).await.stage, Stage::Approved, "the other workflow waits");
    assert_eq!(office.read(done.replaced.unwrap()).await.replaced_by, Some(form));
}

#[tokio::test]
async fn a_first_release_has_its_waiver_in_the_audit_log() {
    let office = Office::open().await;
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT a.actor, r.waiver FROM audit_log a JOIN releases r ON a.subject = 'release:' || r.number WHERE a.action = 'release.waive' ORDER BY r.number",
    )
    .fetch_all(office.store().pool())
    .await
    .unwrap();
    let row = ("command:apply".to_owned(), "first release".to_owned());
    assert_eq!(rows, [row.clone(), row]);
}

#[tokio::test]
async fn going_live_is_for_another_person_of_revops_who_saw_this_bundle_and_happens_once() {
    let office = Office::open().await;
    let number = office.list("Globex").await;
    let seen = office.read(number).await.bundle;
    let go = async |actor: &Actor, seen: &Digest| {
        release::go_live(office.store(), &now(actor), number, seen).await
    };
    assert_eq!(
        refused(go(&office.author, &seen).await),
        "you edited this change, so someone else must do this"
    );
    assert_eq!(refused(go(&office.manager, &seen).await), "only RevOps may do this");
    assert_eq!(refused(go(&Actor::command("apply"), &seen).await), "only RevOps may do this");
    let other = office.read(1).await.bundle;
    assert_eq!(refused(go(&office.revops, &other).await), "this release was rebuilt after you opened it");
    go(&office.revops, &seen).await.unwrap();
    assert_eq!(refused(go(&office.revops, &seen).await), "this is not possible while the release is live");
}

#[tokio::test]
async fn two_approved_changes_do_not_overwrite_each_other() {
    let office = Office::open().await;
    let (rules, list) = (office.rules().await, office.list("Globex").await);
    let before = office.read(list).await.bundle;
    let done = office.go_live(rules).await.unwrap();
    assert_eq!(done.to_approve, [list]);
    let rebuilt = office.read(list).await;
    assert_eq!(
        (rebuilt.stage, rebuilt.base_bundle),
        (Stage::Approved, Some(office.read(rules).await.bundle))
    );
    assert_ne!(rebuilt.bundle, before);
    let again = "RevOps and Sales manager must approve this release first";
    assert_eq!(refused(office.go_live(list).await), again);
    assert_eq!(
        refused(release::approve(office.store(), &now(&office.revops), list, &before, Role::Revops).await),
        "this release was rebuilt after you opened it"
    );
    assert_eq!(office.approve(Role::Revops, list).await.unwrap(), [Role::AeRepLeader]);
    assert!(office.approve(Role::AeRepLeader, list).await.unwrap().is_empty());
    office.go_live(list).await.unwrap();
    assert_eq!((office.version_of("list tam").await, office.version_of("rule_set form").await), (2, 2));
}

#[tokio::test]
async fn a_later_version_retires_the_release_of_an_earlier_one_and_needs_no_other_approval() {
    let office = Office::open().await;
    let (second, third) = (office.list("Globex").await, office.list("Umbrella").await);
    let fourth = office.list("Hooli").await;
    let before = office.read(fourth).await.bundle;
    let done = office.go_live(third).await.unwrap();
    assert!(done.to_approve.is_empty(), "what was approved of the newest is what would go live");
    let retired = office.read(second).await;
    assert_eq!((retired.stage, retired.replaced_by, retired.live_since), (Stage::Retired, Some(third), None));
    assert_eq!(office.read(fourth).await.bundle, before);
    office.go_live(fourth).await.unwrap();
    assert_eq!(office.version_of("list tam").await, 4);
}

#[tokio::test]
async fn a_release_that_no_longer_fits_is_suspended_and_says_why() {
    let office = Office::open().await;
    let rules = office.rules().await;
    let fields = office.approved(Kind::Catalogue, "form", |text| text.replace("chat", "phone")).await[0].0;
    office.go_live(fields).await.unwrap();
    let suspended = office.read(rules).await;
    assert_eq!(suspended.stage, Stage::Suspended);
    assert!(suspended.stage_why.contains("does not fit what is live in Form"), "{}", suspended.stage_why);
    assert_eq!(refused(office.go_live(rules).await), "this is not possible while the release is suspended");
}

#[tokio::test]
async fn a_release_is_withdrawn_with_a_reason_by_its_author_too() {
    let office = Office::open().await;
    let number = office.list("Globex").await;
    let withdraw =
        async |actor: &Actor, why| release::withdraw(office.store(), &now(actor), number, why).await;
    assert_eq!(refused(withdraw(&office.author, " ").await), "give a reason");
    assert_eq!(refused(withdraw(&office.manager, "No").await), "only RevOps may do this");
    withdraw(&office.author, "Globex does not buy").await.unwrap();
    let release = office.read(number).await;
    assert_eq!((release.stage, release.stage_why.as_str()), (Stage::Retired, "Globex does not buy"));
    assert!(refused(office.go_live(number).await).contains("while the release is retired"));
    assert_eq!(office.version_of("list tam").await, 1);
}

const POOL: &str = "name: team\nmembers:\n- person: jane@acme.example\n- person: omar@acme.example\n";

#[tokio::test]
async fn a_pool_takes_only_active_people_who_get_leads_when_saved_submitted_approved_and_live() {
    let office = Office::open().await;
    let store = office.store();
    let read = async || {
        let reading = change::read(store, Kind::Pool, "team", POOL).await.unwrap();
        let said =
            reading.draft.marks.iter().map(|mark| (mark.line, mark.message.clone())).collect::<Vec<_>>();
        (said, reading.draft.is_ready(Kind::Pool))
    };
    let unknown = "There is no person with the address `omar@acme.example`.";
    assert_eq!(read().await, (vec![(4, unknown.to_owned())], false));
    let omar = named(store, "omar@acme.example", "Omar Reyes", &[Role::Sdr]).await;
    let role = "Omar Reyes cannot get leads: they do not have the role AE.";
    assert_eq!(read().await, (vec![(4, role.to_owned())], false));
    let body = content::read(Kind::Pool, "team", POOL, &[]).body;
    let author = now(&office.author);
    let number = change::start(store, &author, Kind::Pool, "team", "", None).await.unwrap();
    let edit = DraftEdit { revision: 1, title: "Omar too", why: "", source: POOL, body: body.as_ref() };
    change::save(store, &author, number, edit).await.unwrap();
    assert_eq!(refused(change::submit(store, &author, number, 2).await), role);
    people::set_roles(store, &Actor::command("test"), omar, &[Role::Ae]).await.unwrap();
    assert_eq!(read().await, (vec![], true));
    let approvers = change::submit(store, &author, number, 2).await.unwrap();
    assert_eq!(approvers, [Role::Revops, Role::AeRepLeader]);
    let (seen, live) = {
        let mut connection = store.pool().acquire().await.unwrap();
        let live = releases::live_bundles_of(&mut connection, Kind::Pool, "team").await.unwrap();
        (changes::by_number(&mut connection, number).await.unwrap().hash.unwrap(), live)
    };
    let approve = async |role: Role| {
        change::approve(store, &now(office.of(role)), number, &seen, &live, role, "").await
    };
    deactivate(store, omar, true).await;
    let gone = "Omar Reyes is deactivated and cannot get leads. Remove them from the pool.";
    assert_eq!(read().await, (vec![(4, gone.to_owned())], false));
    assert_eq!(refused(approve(Role::Revops).await), gone);
    deactivate(store, omar, false).await;
    approve(Role::Revops).await.unwrap();
    let ApprovalResult::Approved { releases, .. } = approve(Role::AeRepLeader).await.unwrap() else {
        panic!()
    };
    deactivate(store, omar, true).await;
    assert_eq!(refused(office.go_live(releases[0].0).await), gone);
    assert_eq!(office.version_of("pool team").await, 1);
    deactivate(store, omar, false).await;
    office.go_live(releases[0].0).await.unwrap();
    assert_eq!(office.version_of("pool team").await, 2);
    // A release of something else is not held back by people who have left a pool that is live already.
    deactivate(store, omar, true).await;
    let list = office.list("Globex").await;
    office.go_live(list).await.unwrap();
}

#[tokio::test]
async fn rules_do_not_begin_to_use_a_pool_whose_people_have_left() {
    let office = Office::open().await;
    let store = office.store();
    let kim = named(store, "kim@acme.example", "Kim Lind", &[Role::Ae]).await;
    office.approved_pool("partners", "name: partners\nmembers:\n- person: kim@acme.example\n").await;
    let rules =
        office.approved(Kind::RuleSet, "form", |text| text.replace("pool: team", "pool: partners")).await;
    deactivate(store, kim, true).await;
    assert!(refused(office.go_live(rules[0].0).await).starts_with("Kim Lind is deactivated"));
    deactivate(store, kim, false).await;
    office.go_live(rules[0].0).await.unwrap();
}

#[tokio::test]
async fn a_file_with_people_who_cannot_get_leads_is_not_applied() {
    let office = Office::open().await;
    let store = office.store();
    let apply = async |text: &str, bootstrap: bool| {
        let (file, secrets) = apply::parse("a test", text, Path::new("")).unwrap();
        let options = ApplyOptions { bootstrap, plan: false };
        apply::apply(store, &Actor::command("apply"), &file, &secrets, options).await
    };
    let other = FILE.replace("jane@acme.example", "jan@acme.example");
    for bootstrap in [true, false] {
        let error = apply(&other, bootstrap).await.unwrap_err().to_string();
        assert!(error.contains("/pools/team/members/0/person: There is no person"), "{error}");
        assert!(error.contains("Did you mean `jane@acme.example`?"), "{error}");
    }
    assert_eq!(store::testing::drafts(store).await.len(), 0);
    // A pool that stays as it is does not keep the rest from being applied.
    let jane = people::by_email(store, "jane@acme.example").await.unwrap().unwrap().id;
    deactivate(store, jane, true).await;
    let changed = apply(&FILE.replace("Initech", "Globex"), false).await.unwrap();
    assert_eq!(changed, ["draft   list tam (1 entries)"]);
}
