//! A lead's profile is what its events say, put in the order in which they happened, whatever order they come in.

use chrono::{DateTime, TimeDelta, Utc};
use engine::decision::Mode;
use engine::event::{EventRequest, LeadInput};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use serde_json::json;
use service::decide::Signal;

use crate::lead::{Office, form, receipt};

/// What one event says of the lead, and how it comes in.
#[derive(Clone, Debug)]
struct Fact {
    key: String,
    name: Option<&'static str>,
    company: Option<&'static str>,
    domain: Option<&'static str>,
    /// When it happened; an imported one may not know.
    at: Option<DateTime<Utc>>,
    mode: Mode,
}

impl Fact {
    fn event(&self, lead: &str) -> EventRequest {
        let lead = LeadInput {
            external_id: Some(lead.into()),
            name: self.name.map(Into::into),
            company: self.company.map(Into::into),
            domain: self.domain.map(Into::into),
            ..LeadInput::default()
        };
        EventRequest { lead, occurred_at: self.at, ..form("Ana", "Initech", &json!({})) }
    }
}

const NAMES: [Option<&str>; 4] = [None, Some("Ana"), Some("Ana Silva"), Some("A. Silva")];
const COMPANIES: [Option<&str>; 3] = [None, Some("Initech"), Some("Globex")];
const DOMAINS: [Option<&str>; 3] = [None, Some("initech.example"), Some("globex.example")];

fn facts(random: &mut StdRng, now: DateTime<Utc>) -> Vec<Fact> {
    use rand::seq::IndexedRandom as _;
    let one = |n: i64, random: &mut StdRng| Fact {
        key: format!("k{n}"),
        name: *NAMES.choose(random).unwrap(),
        company: *COMPANIES.choose(random).unwrap(),
        domain: *DOMAINS.choose(random).unwrap(),
        at: (n > 0).then(|| now - TimeDelta::days(60 - n)),
        mode: if n % 2 == 0 { Mode::Historical } else { Mode::Live },
    };
    (0..7).map(|n| one(n, random)).collect()
}

/// What the facts come to in the order of their times; one without a time is the oldest.
fn fold(facts: &[Fact]) -> [Option<&'static str>; 3] {
    let mut facts = facts.to_vec();
    facts.sort_by_key(|fact| fact.at);
    let newest = |said: fn(&Fact) -> Option<&'static str>| facts.iter().rev().find_map(said);
    [newest(|fact| fact.name), newest(|fact| fact.company), newest(|fact| fact.domain)]
}

#[tokio::test]
async fn a_profile_is_the_fold_of_its_events_by_time_in_whatever_order_they_come() {
    let office = Office::open().await;
    let mut random = StdRng::seed_from_u64(20);
    let now = Utc::now();
    store::migrate::make_partitions(&office.database.url, now - TimeDelta::days(70), now).await.unwrap();
    for round in 0..24 {
        let mut facts = facts(&mut random, now);
        let expected = fold(&facts);
        facts.shuffle(&mut random);
        let lead = format!("lead-{round}");
        let mut id = None;
        for fact in &facts {
            let signal = Signal { key: format!("{lead}-{}", fact.key), event: fact.event(&lead) };
            let answers = office.pipeline.take(&receipt(now, fact.mode), vec![signal]).await.unwrap();
            let Ok(service::decide::SignalResult::New(answer)) = &answers[0] else { panic!("{answers:?}") };
            id = Some(answer.lead_id);
        }
        let profile = store::leads::get(office.store(), id.unwrap()).await.unwrap();
        let found = [profile.name.as_deref(), profile.company.as_deref(), profile.domain.as_deref()];
        assert_eq!(found, expected, "round {round}: {facts:#?}");
    }
}
