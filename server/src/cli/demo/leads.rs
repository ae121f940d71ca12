//! Reproducible, fictional visitors of a fictional website.

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::control::outcome::OutcomeStage;
use engine::event::{EventKind, EventRequest, LeadInput};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use store::outcomes::OutcomeInput;

use super::is_worked;

const FIRST_NAMES: &[&str] = &[
    "Amara", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hugo", "Ingrid", "Jonas", "Keiko",
    "Liam", "Mireille", "Nadia", "Oskar", "Paula", "Quentin", "Rosa", "Stefan", "Tomoko", "Ursula", "Viktor",
    "Wanda", "Yusuf", "Zofia",
];
const LAST_NAMES: &[&str] = &[
    "Albrecht", "Benali", "Costa", "Dubois", "Eriksen", "Ferrari", "Gupta", "Horvat", "Ivanova", "Jensen",
    "Kowalski", "Lindgren", "Moreau", "Nakamura", "Okafor", "Petrov", "Quinn", "Rossi", "Schmidt", "Tanaka",
    "Ueda", "Vargas", "Weber", "Yilmaz", "Zimmer",
];
const TARGETS: &[&str] = &[
    "Initech",
    "Globex",
    "Hooli",
    "Vandelay Industries",
    "Stark Logistics",
    "Wayne Freight",
    "Tyrell Optics",
    "Umbra Foods",
    "Massive Dynamic",
    "Acme Robotics",
    "Oscorp Energy",
    "Sirius Telecom",
    "Nakatomi Trading",
];
const OTHERS: &[&str] = &[
    "Northwind Bakery",
    "Pine & Sons",
    "Blue Harbor Travel",
    "Lumen Studio",
    "Kestrel Parts",
    "Marigold Hotels",
    "Fjord Software",
    "Atlas Print",
    "Copper Kettle",
    "Delta Farms",
    "Echo Dental",
    "Foxglove Media",
    "Granite Works",
    "Harvest Lane",
    "Ironbridge Steel",
    "Juniper Clinics",
];
const ROLES: &[&str] = &[
    "VP Sales",
    "Head of Operations",
    "Founder",
    "Analyst",
    "Student",
    "Marketing manager",
    "CFO",
    "Director of IT",
    "Sales engineer",
    "",
];
const SIZES: &[&str] = &[
    "1-10",
    "11-50",
    "51-200 employees",
    "201 to 500",
    "500-1,000",
    "1.200",
    "5000+",
    "just me",
    "n/a",
    "around 80 people",
];
const BUDGETS: &[&str] =
    &["", "", "€20k-€50k", "10.000 - 20.000 EUR", "about €60k", "not decided", "$30,000"];
const INTERESTS: &[&str] = &[
    "Dashboards and reporting",
    "lead scoring",
    "Salesforce integration",
    "SSO and audit log",
    "Forecasting",
    "",
    "HubSpot",
    "routing",
];
const CHANNELS: &[&str] = &["website", "website", "website", "live chat", "recommended by a partner"];
const MESSAGES: &[&str] = &[
    "We would like to book a demo for our revenue team and talk pricing this quarter.",
    "Please send a quote for 40 seats. We want to replace our current tool this quarter.",
    "Could we talk to sales about a pilot? Our security review starts in two weeks, so pricing would help.",
    "I am writing my thesis about lead routing and would love the white paper.",
    "Just looking around to compare a few tools.",
    "We are not interested in a demo, only in the white paper.",
    "How does your trial work, and what is the pricing after it?",
    "Our SDRs route leads by spreadsheet. We want to see a demo and talk to sales before the end of the month.",
    "Wir suchen eine Lösung für die Verteilung unserer Anfragen und hätten gern ein Angebot.",
    "Hello, is there an API?",
    "",
];

/// A person who fills in the form.
pub(super) struct Visitor {
    /// The time of the form, from 0 (the first day) to 1 (now).
    pub(super) moment: f64,
    name: String,
    company: String,
    email: String,
    payload: serde_json::Value,
    luck: f64,
    pace: f64,
}

/// An iterator over visitors.
pub(super) struct DemoVisitors {
    rng: StdRng,
    left: u32,
}

impl DemoVisitors {
    /// Creates this many visitors.
    pub(super) fn new(count: u32) -> Self {
        Self { rng: StdRng::seed_from_u64(2026), left: count }
    }

    fn one_of(&mut self, texts: &[&str]) -> String {
        (*texts.choose(&mut self.rng).unwrap_or(&"")).to_owned()
    }
}

impl Iterator for DemoVisitors {
    type Item = Visitor;

    fn next(&mut self) -> Option<Visitor> {
        self.left = self.left.checked_sub(1)?;
        let (first, last) = (self.one_of(FIRST_NAMES), self.one_of(LAST_NAMES));
        let company = if self.rng.random_bool(0.35) { self.one_of(TARGETS) } else { self.one_of(OTHERS) };
        let domain: String = company.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
        let payload = json!({
            "company": company,
            "company_size": self.one_of(SIZES),
            "role": self.one_of(ROLES),
            "interest": self.one_of(INTERESTS),
            "budget": self.one_of(BUDGETS),
            "channel": self.one_of(CHANNELS),
            "message": self.one_of(MESSAGES),
        });
        Some(Visitor {
            moment: self.rng.random(),
            email: format!("{}.{}{}@{domain}.example", first.to_lowercase(), last.to_lowercase(), self.left),
            name: format!("{first} {last}"),
            company,
            payload,
            luck: self.rng.random(),
            pace: self.rng.random(),
        })
    }
}

impl Visitor {
    /// Returns the form as sent by the website.
    pub(super) fn event(&self, at: DateTime<Utc>) -> EventRequest {
        EventRequest {
            kind: EventKind::Form,
            source: "website".into(),
            workflow: None,
            lead: LeadInput {
                email: Some(self.email.clone()),
                name: Some(self.name.clone()),
                company: Some(self.company.clone()),
                domain: self.email.split('@').nth(1).map(str::to_owned),
                external_id: None,
            },
            payload: self.payload.clone(),
            occurred_at: Some(at - TimeDelta::seconds(2)),
        }
    }

    /// Returns the outcomes of the lead that have happened by `now`.
    pub(super) fn outcomes(
        &self,
        action: Action,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Vec<OutcomeInput> {
        use OutcomeStage::{
            Accepted, Disqualified, Lost, Opportunity, Rejected, SalesQualified, Touched, Won,
        };
        let path: &[(OutcomeStage, f64)] = match (action, self.luck) {
            (_, luck) if is_worked(action) && luck < 0.16 => &[(Touched, 0.1), (Rejected, 1.5)],
            (_, luck) if is_worked(action) && luck < 0.45 => &[(Touched, 0.1), (Accepted, 1.0)],
            (_, luck) if is_worked(action) && luck < 0.7 => {
                &[(Touched, 0.1), (Accepted, 0.8), (SalesQualified, 3.0), (Opportunity, 9.0), (Lost, 24.0)]
            }
            (_, luck) if is_worked(action) && luck < 0.85 => {
                &[(Touched, 0.1), (Accepted, 0.6), (SalesQualified, 2.0), (Opportunity, 6.0), (Won, 20.0)]
            }
            (Action::Hold, luck) if luck < 0.2 => &[(Touched, 1.0), (Disqualified, 3.0)],
            (Action::Hold, luck) if luck < 0.32 => &[(Touched, 0.5), (SalesQualified, 6.0)],
            (Action::Nurture, luck) if luck < 0.05 => &[(Touched, 10.0), (SalesQualified, 18.0)],
            _ => &[],
        };
        let when = |days: f64| at + TimeDelta::seconds((days * (0.5 + self.pace) * 86_400.0) as i64);
        let money = |stage| {
            matches!(stage, Opportunity | Won | Lost)
                .then(|| ((8.0 + 70.0 * self.pace).round() * 1000.0).to_string())
        };
        path.iter()
            .map(|(stage, days)| (*stage, when(*days)))
            .filter(|(_, at)| *at < now)
            .map(|(stage, at)| OutcomeInput {
                stage,
                at: Some(at),
                by: Some("sam@corvane.example".into()),
                currency: money(stage).map(|_| "EUR".into()),
                amount: money(stage),
                opportunity_id: money(stage)
                    .map(|_| format!("opp-{}", self.email.split('@').next().unwrap_or_default())),
                reason: None,
            })
            .collect()
    }
}
