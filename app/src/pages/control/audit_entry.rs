//! Subjects and details of audit entries: names and links instead of IDs.

use std::collections::BTreeMap;

use chrono::DateTime;
use engine::action::Action;
use engine::change::Kind;
use leptos::either::Either;
use leptos::prelude::*;
use serde_json::Value as Json;
use service::run::RunKind;
use store::Store;
use store::actor::Role;
use store::reads::audit_log::{AuditEntry, names_of_subjects, reasons_of};
use store::reads::frame::names_of;
use store::sync::jobs::JobKind;
use store::titles::{TitledObject, Titles, titles};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::error::Result;
use crate::lists::LISTS;
use crate::pages::menu::title_of;
use crate::texts::texts;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::{job_kinds, kinds, roles, series, words};

/// Names of everything that a page of entries mentions, and the reasons that people gave.
#[derive(Default)]
pub struct AuditNames {
    /// Display names by subject or actor: `person:0199…`, `change:4`.
    names: BTreeMap<String, String>,
    /// Names of people by e-mail address.
    people: BTreeMap<String, String>,
    titles: Titles,
    reasons: BTreeMap<Uuid, String>,
}

impl AuditNames {
    /// Loads the names and reasons of entries.
    pub async fn load(store: &Store, entries: &[AuditEntry]) -> Result<Self> {
        let mut subjects: Vec<String> = Vec::new();
        let mut emails = Vec::new();
        for entry in entries {
            subjects.extend([entry.actor.clone(), entry.subject.clone()]);
            subjects.extend(entry.lead_id.map(|lead| format!("lead:{lead}")));
            if let Some(detail) = &entry.detail {
                for text in strings(detail) {
                    if text.contains('@') {
                        emails.push(text.to_owned());
                    } else if text.parse::<Uuid>().is_ok() {
                        // Details name workflows and people by ID.
                        subjects.extend([format!("workflow_id:{text}"), format!("person:{text}")]);
                    }
                }
            }
        }
        let (names, people, titles, reasons) = tokio::try_join!(
            names_of_subjects(store, &subjects),
            names_of(store, &emails),
            titles(store),
            reasons_of(store, entries),
        )?;
        Ok(Self { names, people, titles, reasons })
    }

    /// Returns the name of the actor, as the start of a sentence.
    pub fn actor(&self, entry: &AuditEntry) -> String {
        words::sentence_start(&words::actor(&entry.actor, &self.names))
    }

    /// Returns the reason that the actor gave.
    pub fn reason(&self, entry: &AuditEntry) -> Option<String> {
        let detail = |name: &str| Some(entry.detail.as_ref()?.get(name)?.as_str()?.to_owned());
        let said = self.reasons.get(&entry.id).cloned();
        said.or_else(|| detail("reason")).or_else(|| detail("why")).filter(|reason| !reason.trim().is_empty())
    }

    /// Returns the name of the subject and the page that shows it.
    pub fn subject(&self, entry: &AuditEntry) -> (String, Option<String>) {
        let named = |subject: &str| self.names.get(subject).cloned();
        if let Some(lead) = entry.lead_id {
            let name = named(&format!("lead:{lead}")).unwrap_or_else(|| texts().audit_unnamed_lead());
            return (name, Some(format!("/leads/{lead}")));
        }
        if let Some((kind, name)) = entry.version() {
            let title = self.titles.get(TitledObject::Version(kind, name));
            let title = title.map_or_else(|| words::sentence(name), str::to_owned);
            return (title, Some(format!("{}/{name}", kind.spec().path)));
        }
        let subject = entry.subject.as_str();
        let (kind, id) = subject.split_once(':').unwrap_or((subject, ""));
        let own = || entry.detail.as_ref()?.get("name")?.as_str().map(str::to_owned);
        let name = named(subject).or_else(own);
        let page = |path: &str| Some(path.to_owned());
        match kind {
            "person" => (name.unwrap_or_else(|| texts().audit_unknown_user()), Some(format!("/people/{id}"))),
            "key" => (name.unwrap_or_else(|| texts().audit_key()), page("/keys")),
            "change" => {
                (numbered(id, name, |number| texts().audit_change(number)), Some(format!("/changes/{id}")))
            }
            "release" => (
                numbered(id, name, |number| texts().releases_number(number)),
                Some(format!("/releases/{id}")),
            ),
            "workflow" if id == "*" => (texts().audit_every_workflow(), page("/")),
            "workflow" => {
                let name = name.unwrap_or_else(|| words::sentence(id));
                (name, Some(Address::new("/leads").with("workflow", id).href()))
            }
            "workflow_id" => (name.unwrap_or_else(|| texts().audit_workflow()), page("/leads")),
            "destination" | "credential" => {
                let title = self.titles.get(TitledObject::Destination(id));
                (title.map_or_else(|| id.to_owned(), str::to_owned), page("/sync"))
            }
            "effect" => (texts().audit_action(), Some(format!("/sync/effects/{id}"))),
            "outbox" => (texts().places_outbox(), page("/sync")),
            "run" => {
                let kind = named(&format!("run_kind:{id}")).and_then(|kind| kind.parse::<RunKind>().ok());
                let kind = kind.map_or_else(|| texts().audit_run(), words::run_kind);
                let title = name.map_or_else(|| kind.clone(), |file| texts().audit_run_of(&kind, file));
                (title, Some(format!("/runs/{id}")))
            }
            "upload" => (name.unwrap_or_else(|| texts().audit_upload()), page("/import")),
            "view" => {
                let list = entry.detail.as_ref().and_then(|detail| detail.get("page")?.as_str());
                (texts().audit_view(), list.map(str::to_owned))
            }
            "page" => {
                let title = title_of(id).unwrap_or_else(|| words::sentence(id.trim_matches('/')));
                let is_page = LISTS.iter().any(|list| list.path == id) || id.starts_with("/runs/");
                (title, is_page.then(|| id.to_owned()))
            }
            "settings" => (texts().audit_organization(), page("/settings#h-organisation")),
            "layers" => (texts().audit_owners(), page("/settings#h-owners")),
            "job" => {
                let title = id.parse::<JobKind>().map_or_else(|_| words::sentence(id), job_kinds::title);
                (title, page("/sync/jobs"))
            }
            _ => (name.unwrap_or_else(|| words::sentence(if id.is_empty() { subject } else { id })), None),
        }
    }

    /// Renders the subject as a link.
    pub fn subject_link(&self, entry: &AuditEntry) -> impl IntoView + use<> {
        match self.subject(entry) {
            (name, Some(href)) => Either::Left(view! { <a href=href>{name}</a> }),
            (name, None) => Either::Right(name),
        }
    }

    /// Formats the details of an entry in one line, without what other columns show: `Roles: SDR, AE; Rows: 7`. Omits
    /// hashes, and IDs of objects without a name.
    pub fn details(&self, entry: &AuditEntry, clock: Clock) -> String {
        let (subject, _) = self.subject(entry);
        let is_shown = |name: &str, value: &str| {
            !matches!(name, "reason" | "why" | "definition" | "settings") && value != subject
        };
        let part = |(name, value): (&String, &Json)| {
            let said = self.value(value, clock).filter(|said| is_shown(name, said))?;
            Some(texts().audit_detail(label(name), said))
        };
        match &entry.detail {
            Some(Json::Object(members)) => members
                .iter()
                .filter_map(part)
                .reduce(|details, next| texts().audit_detail_next(details, next))
                .unwrap_or_default(),
            Some(other) => self.value(other, clock).unwrap_or_default(),
            None => String::new(),
        }
    }

    /// Formats a value; returns `None` if it says nothing to a person. Uses commas, because semicolons separate the
    /// outermost members.
    fn value(&self, value: &Json, clock: Clock) -> Option<String> {
        let said = match value {
            Json::Null => return None,
            Json::String(text) => self.text(text, clock)?,
            Json::Bool(true) => texts().audit_yes(),
            Json::Bool(false) => texts().audit_no(),
            Json::Number(number) => number.to_string(),
            Json::Array(all) => series::list(all.iter().filter_map(|one| self.value(one, clock))),
            Json::Object(members) => {
                let part = |(name, value): (&String, &Json)| {
                    Some(texts().audit_detail_part(label(name).to_lowercase(), self.value(value, clock)?))
                };
                series::list(members.iter().filter_map(part))
            }
        };
        Some(said).filter(|said| !said.is_empty())
    }

    fn text(&self, text: &str, clock: Clock) -> Option<String> {
        if let Ok(role) = text.parse::<Role>() {
            return Some(roles::title(role));
        }
        if let Ok(action) = text.parse::<Action>() {
            return Some(words::action(action).to_owned());
        }
        if let Ok(kind) = text.parse::<Kind>() {
            return Some(kinds::title(kind));
        }
        if text.parse::<Uuid>().is_ok() {
            let named = |kind: &str| self.names.get(&format!("{kind}:{text}")).cloned();
            return named("workflow_id").or_else(|| named("person"));
        }
        if text.starts_with("sha256:") {
            return None;
        }
        if let Some(name) = self.people.get(text) {
            return Some(name.clone());
        }
        let at = DateTime::parse_from_rfc3339(text).ok();
        Some(at.map_or_else(|| text.to_owned(), |at| clock.day_and_time(at.to_utc())))
    }
}

/// Returns all texts within a value.
fn strings(value: &Json) -> Vec<&str> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(all) => all.iter().flat_map(strings).collect(),
        Json::Object(members) => members.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

/// Returns the label of a member of the details.
fn label(name: &str) -> String {
    match name {
        "required" => texts().audit_detail_required(),
        "was" => texts().audit_detail_was(),
        "workflow_id" => texts().audit_detail_workflow(),
        "is_new" => texts().audit_detail_new(),
        other => words::sentence(other),
    }
}

fn numbered(number: &str, title: Option<String>, untitled: impl Fn(&str) -> String) -> String {
    title.map_or_else(|| untitled(number), |title| texts().audit_numbered(number, title))
}

/// Returns the subject that a search text identifies: a link to a page of Meshline, or a subject as the log writes it.
pub fn identified(text: &str) -> Option<String> {
    let path = match text.split_once("://") {
        Some((_, rest)) => format!("/{}", rest.split_once('/')?.1),
        None => text.to_owned(),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if let Some((page, id)) =
        path.rsplit_once('/').filter(|(page, id)| page.starts_with('/') && !id.is_empty())
    {
        let kind = Kind::VARIANTS.iter().find(|kind| kind.spec().path == page);
        return match page {
            "/changes" => Some(format!("change:{id}")),
            "/releases" => Some(format!("release:{id}")),
            "/leads" => Some(format!("lead:{id}")),
            "/people" => Some(format!("person:{id}")),
            "/runs" => Some(format!("run:{id}")),
            "/sync/effects" => Some(format!("effect:{id}")),
            _ => kind.map(|kind| format!("{kind}:{id}")),
        };
    }
    let (kind, id) = text.split_once(':')?;
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_*".contains(c));
    (is_name(kind) && is_name(id)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(action: &str, subject: &str, detail: Json) -> AuditEntry {
        AuditEntry {
            id: Uuid::from_u128(1),
            at: DateTime::UNIX_EPOCH,
            actor: "command:test".into(),
            roles: Vec::new(),
            action: action.into(),
            subject: subject.into(),
            lead_id: None,
            detail: Some(detail),
            request_id: "r".into(),
        }
    }

    fn clock() -> Clock {
        Clock { now: DateTime::UNIX_EPOCH, zone: chrono_tz::UTC }
    }

    #[test]
    fn details_are_one_line_without_what_a_person_cannot_read() {
        let names = AuditNames::default();
        let said = |detail: Json| names.details(&entry("key.add", "key:x", detail), clock());
        let detail = json!({"name": "web", "reason": null, "roles": ["sdr", "ae"], "rows": 7});
        assert_eq!(said(detail), "Roles: SDR, AE; Rows: 7", "the name is in the column beside it");
        assert_eq!(
            said(json!({"pace": {"at_once": null, "per_second": null}, "kind": "webhook"})),
            "Kind: webhook"
        );
        let nested = json!({"pace": {"at_once": 2, "paused": false}, "hash": format!("sha256:{}", "ab".repeat(32)), "decision": Uuid::from_u128(7)});
        assert_eq!(said(nested), "Pace: at once 2, paused no");
        let at = said(json!({"expires_at": "2026-11-24T02:28:39.634930Z"}));
        assert!(at.starts_with("Expires at: ") && !at.contains('T'), "{at}");
        assert_eq!(said(json!({})), "");
        assert_eq!(
            said(json!({"action": "reject", "suggested": "hold"})),
            "Action: Disqualify; Suggested: Hold"
        );
    }

    #[test]
    fn ids_are_replaced_by_names() {
        let (workflow, person) = (Uuid::from_u128(5), Uuid::from_u128(6));
        let names = AuditNames {
            names: [
                (format!("workflow_id:{workflow}"), "Inbound form".to_owned()),
                (format!("person:{person}"), "Felix Brunner".to_owned()),
                ("change:4".to_owned(), "Lower the threshold".to_owned()),
            ]
            .into(),
            people: [("lucia@corvane.example".to_owned(), "Lucia Ferro".to_owned())].into(),
            ..AuditNames::default()
        };
        let detail = json!({"assignee": "lucia@corvane.example", "workflow": workflow});
        let act = entry("queue.accept", "lead:x", detail);
        assert_eq!(names.details(&act, clock()), "Assignee: Lucia Ferro; Workflow: Inbound form");
        let subject = |subject: &str| names.subject(&entry("x.y", subject, json!({})));
        assert_eq!(subject("change:4"), ("#4 Lower the threshold".into(), Some("/changes/4".into())));
        assert_eq!(subject("change:5"), ("Change #5".into(), Some("/changes/5".into())));
        assert_eq!(subject(&format!("person:{person}")).0, "Felix Brunner");
        assert_eq!(subject("workflow:*").0, "Every workflow");
        assert_eq!(
            subject("list:target_accounts").1.unwrap(),
            format!("{}/target_accounts", Kind::List.spec().path)
        );
        assert_eq!(subject("page:/leads").0, "Leads");
        assert_eq!(subject("layers").0, "Layer owners");
    }

    #[test]
    fn a_link_or_a_subject_identifies_an_object() {
        let lead = Uuid::from_u128(9);
        assert_eq!(identified("https://meshline.example/changes/4?x=1").as_deref(), Some("change:4"));
        assert_eq!(identified(&format!("/leads/{lead}/")).unwrap(), format!("lead:{lead}"));
        let list = format!("{}/tam", Kind::List.spec().path);
        assert_eq!(identified(&list).as_deref(), Some("list:tam"));
        assert_eq!(identified("change:4").as_deref(), Some("change:4"));
        for text in ["Felix", "#4", "a: b", "/leads", "https://meshline.example", "tam"] {
            assert_eq!(identified(text), None, "{text}");
        }
    }
}
