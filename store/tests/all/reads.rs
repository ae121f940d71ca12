//! The reads behind pages: figures that match the engine's, and lists without gaps or duplicates.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use engine::action::Action;
use engine::control::calibration::{FINE_BINS, bin_index};
use engine::control::kpi::{LeadRecord, Period, summarise};
use engine::control::outcome::OutcomeStage;
use sqlx::PgConnection;
use store::reads::dashboard::{self, BarWidth, Cohort};
use store::reads::leads_list::{
    self, FigurePart, LeadListCursor, LeadListFilter, LeadListSort, PAGE_ROWS, QueueFilter, RuleFilter,
};
use store::testing::TestDatabase;
use strum::VariantArray as _;
use uuid::Uuid;

/// More than any statement takes.
const LIMIT: Duration = Duration::from_secs(60);

/// A lead for a test.
struct Given {
    id: Uuid,
    name: String,
    record: LeadRecord,
    last_rule: Option<&'static str>,
}

/// Reproducible pseudo-random numbers (Knuth's MMIX constants).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn given(count: u64, now: DateTime<Utc>) -> Vec<Given> {
    let mut dice = Dice(7);
    let mut leads = Vec::new();
    for n in 0..count {
        let as_of = now - TimeDelta::minutes(dice.below(60 * 24 * 60) as i64);
        let first_action = Action::VARIANTS[dice.below(6) as usize];
        let later_assigned = dice.below(8) == 0;
        let mut outcomes: Vec<(OutcomeStage, DateTime<Utc>)> = (0..dice.below(4))
            .map(|_| {
                let stage = OutcomeStage::VARIANTS[dice.below(8) as usize];
                (stage, as_of + TimeDelta::minutes(dice.below(20_000) as i64 - 600))
            })
            .collect();
        outcomes.sort_by_key(|(_, at)| *at);
        let auto_assigned = first_action == Action::Assign || later_assigned;
        leads.push(Given {
            id: engine::ids::mint_nth(now, n as usize, [n as u8; 10]),
            name: format!("Lead {n:03}"),
            record: LeadRecord {
                first_decided_as_of: as_of,
                first_occurred_at: (dice.below(5) > 0)
                    .then(|| as_of - TimeDelta::minutes(dice.below(500) as i64)),
                first_action,
                auto: auto_assigned || first_action == Action::Advance,
                auto_assigned,
                confidence: (dice.below(4) > 0).then(|| dice.below(21) as f64 / 20.0),
                outcomes,
            },
            last_rule: [None, Some("spam"), Some("high-intent")][dice.below(3) as usize],
        });
    }
    leads
}

async fn workflow(db: &mut PgConnection, now: DateTime<Utc>) -> Uuid {
    let id = engine::ids::mint(now, [9; 10]);
    sqlx::query("INSERT INTO workflows (id, name, title, definition, created_at) VALUES ($1, 'inbound', 'Inbound', '{}', $2)").bind(id).bind(now).execute(&mut *db).await.unwrap();
    sqlx::query("INSERT INTO bundles (hash, workflow_id, manifest, version_ids, created_at) VALUES ($1, $2, '{}', '{}', $3)").bind([1_u8; 32].as_slice()).bind(id).bind(now).execute(db).await.unwrap();
    id
}

async fn decide(
    db: &mut PgConnection,
    workflow: Uuid,
    lead: Uuid,
    id: Uuid,
    action: Action,
    confidence: Option<f64>,
    as_of: DateTime<Utc>,
) {
    sqlx::query(
        "INSERT INTO decisions (id, event_id, lead_id, workflow_id, sequence, epoch, mode, bundle, rule_set, rule_version, rule_id, confidence, action, parameters, risk_tags, because, \
         trace, snapshot, effects, as_of, decided_at, hash) VALUES ($1, $1, $2, $3, 1, 0, 'live', $4, 'r', 1, 'any', $7, $5, '{}', '[]', '[]', '[]', '', '[]', $6, $6, $4)",
    )
    .bind(id)
    .bind(lead)
    .bind(workflow)
    .bind([1_u8; 32].as_slice())
    .bind(action.to_string())
    .bind(as_of)
    .bind(confidence)
    .execute(db)
    .await
    .unwrap();
}

async fn put(db: &mut PgConnection, workflow: Uuid, leads: &[Given], now: DateTime<Utc>) {
    for (n, lead) in leads.iter().enumerate() {
        let record = &lead.record;
        let decision = |k: usize| engine::ids::mint_nth(now, n * 2 + k, [3; 10]);
        sqlx::query(
            "INSERT INTO leads (id, name, stage, created_at, first_occurred_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(lead.id)
        .bind(&lead.name)
        .bind(record.outcomes.last().map(|(stage, _)| stage.to_string()))
        .bind(now)
        .bind(record.first_occurred_at)
        .execute(&mut *db)
        .await
        .unwrap();
        decide(
            db,
            workflow,
            lead.id,
            decision(0),
            record.first_action,
            record.confidence,
            record.first_decided_as_of,
        )
        .await;
        if record.auto_assigned && record.first_action != Action::Assign {
            decide(
                db,
                workflow,
                lead.id,
                decision(1),
                Action::Assign,
                record.confidence,
                record.first_decided_as_of + TimeDelta::hours(1),
            )
            .await;
        }
        sqlx::query(
            "INSERT INTO lead_states (lead_id, workflow_id, source, first_decision_id, first_as_of, first_action, last_decision_id, last_as_of, last_action, \
             last_rule_id, last_confidence, last_rule_version, queue, queued_at) VALUES ($1, $2, 'web', $3, $4, $5, $3, $4, $5, $6, $9, 1, $7, $8)",
        )
        .bind(lead.id)
        .bind(workflow)
        .bind(decision(0))
        .bind(record.first_decided_as_of)
        .bind(record.first_action.to_string())
        .bind(lead.last_rule)
        .bind((record.first_action == Action::Hold).then_some("sdr"))
        .bind((record.first_action == Action::Hold).then_some(record.first_decided_as_of))
        .bind(record.confidence)
        .execute(&mut *db)
        .await
        .unwrap();
        for (k, (stage, at)) in record.outcomes.iter().enumerate() {
            sqlx::query("INSERT INTO outcomes (id, lead_id, stage, at, received_at, received_from, hash) VALUES ($1, $2, $3, $4, $5, 'test', $6)")
                .bind(engine::ids::mint_nth(now, n * 8 + k, [5; 10]))
                .bind(lead.id)
                .bind(stage.to_string())
                .bind(at)
                .bind(now)
                .bind([1_u8; 32].as_slice())
                .execute(&mut *db)
                .await
                .unwrap();
        }
    }
}

async fn filled(count: u64) -> (TestDatabase, Vec<Given>, Uuid, DateTime<Utc>) {
    let database = TestDatabase::new().await;
    let now = engine::time::cut(Utc::now());
    let leads = given(count, now);
    let mut owner = database.owner().await;
    let workflow = workflow(&mut owner, now).await;
    put(&mut owner, workflow, &leads, now).await;
    (database, leads, workflow, now)
}

#[tokio::test]
async fn figures_of_the_database_match_the_engine() {
    let (database, leads, workflow, now) = filled(200).await;
    for (from, to) in [(60, 0), (30, 10), (3, 2)] {
        let period = Period { from: now - TimeDelta::days(from), to: now - TimeDelta::days(to) };
        let expected = summarise(leads.iter().map(|lead| &lead.record), &period);
        for of in [None, Some(workflow)] {
            let line_from = Some(period.from - TimeDelta::days(14));
            let cohort = Cohort {
                workflow: of,
                from: Some(period.from),
                to: Some(period.to),
                line_from,
                ..Cohort::default()
            };
            let dashboard::FigureReport { total: figures, by_rule, points, reliability, confidences } =
                dashboard::report(&database.store, &cohort, "Europe/Berlin", LIMIT).await.unwrap();
            assert_eq!(figures.leads, expected.leads);
            assert_eq!(figures.mql_to_sql, expected.mql_to_sql);
            assert_eq!(figures.false_positives, expected.false_positive_rate);
            assert_eq!(figures.ae_conversion, expected.ae_conversion);
            assert_eq!(figures.funnel, expected.funnel);
            for (ours, theirs) in reliability.bins.iter().zip(expected.reliability.bins) {
                assert_eq!((ours.count, ours.right), (theirs.count, theirs.right));
                assert!((ours.confidence_sum - theirs.confidence_sum).abs() < 1e-9);
            }
            let in_period = leads.iter().filter(|lead| period.contains(lead.record.first_decided_as_of));
            let mut expected_confidences = [0; FINE_BINS];
            for confidence in in_period.filter_map(|lead| lead.record.confidence) {
                expected_confidences[bin_index(confidence, FINE_BINS)] += 1;
            }
            assert_eq!(confidences, expected_confidences);
            let (ours, theirs) = (figures.time_to_sql, expected.time_to_sql);
            assert_eq!(
                (ours.count, ours.not_available, ours.negative),
                (theirs.count, theirs.not_available, theirs.negative)
            );
            assert_eq!(
                (ours.median_s.map(f64::round), ours.mean_s.map(f64::round)),
                (theirs.median_s.map(f64::round), theirs.mean_s.map(f64::round))
            );
            assert_eq!(by_rule.iter().map(|row| row.figures.leads).sum::<u64>(), expected.leads);
            let longer = Period { from: period.from - TimeDelta::days(14), ..period };
            let expected = summarise(leads.iter().map(|lead| &lead.record), &longer);
            assert_eq!(points.iter().map(|(_, figures)| figures.leads).sum::<u64>(), expected.leads);
            assert_eq!(
                points.iter().map(|(_, figures)| figures.ae_conversion.numerator).sum::<u64>(),
                expected.ae_conversion.numerator
            );
            assert!(points.is_sorted_by_key(|(start, _)| *start));
        }
    }
}

#[tokio::test]
async fn figures_link_to_exactly_their_leads() {
    let (database, leads, _, now) = filled(120).await;
    let period = Period { from: now - TimeDelta::days(45), to: now - TimeDelta::days(5) };
    let expected = summarise(leads.iter().map(|lead| &lead.record), &period);
    let open = async |counts| {
        let filter = LeadListFilter {
            counts,
            from: Some(period.from),
            to: Some(period.to),
            ..LeadListFilter::default()
        };
        let leads = all(&database, &filter).await.len() as u64;
        // The list says the number of the figure, by action.
        let (counts, more) = leads_list::counts(&database.store, &filter).await.unwrap();
        assert_eq!((counts.iter().map(|(_, count)| *count as u64).sum::<u64>(), more), (leads, false));
        leads
    };
    assert_eq!(open(None).await, expected.leads);
    assert_eq!(open(Some(FigurePart::Qualified)).await, expected.mql_to_sql.numerator);
    assert_eq!(open(Some(FigurePart::Judged)).await, expected.false_positive_rate.denominator);
    assert_eq!(open(Some(FigurePart::FalsePositive)).await, expected.false_positive_rate.numerator);
    assert_eq!(open(Some(FigurePart::Assigned)).await, expected.ae_conversion.denominator);
    assert_eq!(open(Some(FigurePart::Converted)).await, expected.ae_conversion.numerator);
}

#[tokio::test]
async fn every_decision_is_in_one_bar() {
    let (database, leads, ..) = filled(60).await;
    let decisions: u64 = leads
        .iter()
        .map(|lead| 1 + u64::from(lead.record.auto_assigned && lead.record.first_action != Action::Assign))
        .sum();
    for step in [BarWidth::Day, BarWidth::Week, BarWidth::Month] {
        let bars = dashboard::bars(&database.store, &Cohort::default(), step, "America/Sao_Paulo", LIMIT)
            .await
            .unwrap();
        assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), decisions, "{step:?}");
    }
    let (first, last) = dashboard::extent(&database.store).await.unwrap().unwrap();
    assert!(first < last);
    // A person's verdict counts instead of the decision that it is about, and until it is taken back.
    let mut owner = database.owner().await;
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM decisions WHERE action = 'hold'")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    let of = async |action| {
        let bars = dashboard::bars(&database.store, &Cohort::default(), BarWidth::Month, "UTC", LIMIT)
            .await
            .unwrap();
        bars.iter().filter(|bar| bar.action == action).map(|bar| bar.count as i64).sum::<i64>()
    };
    let advanced = of(Action::Advance).await;
    assert!(held > 0);
    sqlx::query("SET session_replication_role = replica").execute(&mut owner).await.unwrap();
    for (turn, kind, expected) in
        [(1, "accept", (held - 1, advanced + 1)), (2, "give_back", (held, advanced))]
    {
        sqlx::query(
            "INSERT INTO queue_verdicts (id, decision_id, turn, lead_id, workflow_id, kind, action, queue, queued_at, person_id, at) \
             SELECT gen_random_uuid(), id, $1, lead_id, workflow_id, $2, 'advance', 'sdr', now(), gen_random_uuid(), now() FROM decisions \
             WHERE action = 'hold' ORDER BY id LIMIT 1",
        )
        .bind(turn)
        .bind(kind)
        .execute(&mut owner)
        .await
        .unwrap();
        assert_eq!((of(Action::Hold).await, of(Action::Advance).await), expected);
    }
}

/// Returns the ids of all pages in order, and also pages back to the first one.
async fn all(database: &TestDatabase, filter: &LeadListFilter) -> Vec<Uuid> {
    let mut ids = Vec::new();
    let mut cursor = LeadListCursor::Start;
    loop {
        let page = leads_list::page(&database.store, filter, LeadListSort::default(), cursor, PAGE_ROWS)
            .await
            .unwrap();
        let place = |row: &leads_list::LeadListRow| {
            (filter.has_period().then_some(row.first_as_of), row.effective_id)
        };
        assert!(
            page.rows.len() <= PAGE_ROWS && page.rows.is_sorted_by_key(|row| std::cmp::Reverse(place(row)))
        );
        if let (Some(newer), false) = (page.beside.newer, page.rows.is_empty()) {
            let before = leads_list::page(&database.store, filter, LeadListSort::default(), newer, PAGE_ROWS)
                .await
                .unwrap();
            let expected = ids.len().saturating_sub(PAGE_ROWS)..ids.len();
            assert_eq!(before.rows.iter().map(|row| row.lead_id).collect::<Vec<_>>(), ids[expected]);
        }
        ids.extend(page.rows.iter().map(|row| row.lead_id));
        let Some(older) = page.beside.older else { return ids };
        cursor = older;
    }
}

#[tokio::test]
async fn paging_forward_and_back_misses_no_lead() {
    let (database, leads, workflow, _) = filled(130).await;
    assert_eq!(
        all(&database, &LeadListFilter::default()).await,
        leads.iter().rev().map(|lead| lead.id).collect::<Vec<_>>()
    );
    let narrowed = [
        (LeadListFilter { workflow: Some(workflow), ..LeadListFilter::default() }, leads.len()),
        (
            LeadListFilter { action: Some(Action::Hold), ..LeadListFilter::default() },
            count(&leads, |lead| lead.record.first_action == Action::Hold),
        ),
        (
            LeadListFilter { queue: Some(QueueFilter::Sdr), ..LeadListFilter::default() },
            count(&leads, |lead| lead.record.first_action == Action::Hold),
        ),
        (LeadListFilter { queue: Some(QueueFilter::Manual), ..LeadListFilter::default() }, 0),
        (
            LeadListFilter { rule: Some(RuleFilter::Rule("spam".into())), ..LeadListFilter::default() },
            count(&leads, |lead| lead.last_rule == Some("spam")),
        ),
        (
            LeadListFilter { rule: Some(RuleFilter::Default), ..LeadListFilter::default() },
            count(&leads, |lead| lead.last_rule.is_none()),
        ),
        (LeadListFilter { source: Some("web".into()), ..LeadListFilter::default() }, leads.len()),
        (LeadListFilter { source: Some("fax".into()), ..LeadListFilter::default() }, 0),
        (
            LeadListFilter { confidence: Some(0.7), ..LeadListFilter::default() },
            count(&leads, |lead| lead.record.confidence.is_some_and(|sure| sure >= 0.7)),
        ),
        (LeadListFilter { text: Some("lEAD 01".into()), ..LeadListFilter::default() }, 10),
        (LeadListFilter { text: Some("%".into()), ..LeadListFilter::default() }, 0),
        (LeadListFilter { text: Some("_".into()), ..LeadListFilter::default() }, 0),
        (LeadListFilter { text: Some("nobody@acme.example".into()), ..LeadListFilter::default() }, 0),
    ];
    for (filter, expected) in narrowed {
        assert_eq!(all(&database, &filter).await.len(), expected, "{filter:?}");
        let (counts, more) = leads_list::counts(&database.store, &filter).await.unwrap();
        let of = |(action, count): &(Action, usize)| {
            if filter.action.is_none_or(|wanted| wanted == *action) { *count } else { 0 }
        };
        assert_eq!((counts.iter().map(of).sum::<usize>(), more), (expected, false), "{filter:?}");
    }
}

fn count(leads: &[Given], wanted: impl Fn(&Given) -> bool) -> usize {
    leads.iter().filter(|lead| wanted(lead)).count()
}

#[tokio::test]
async fn an_empty_database_is_empty() {
    let database = TestDatabase::new().await;
    assert!(leads_list::is_empty(&database.store).await.unwrap());
    assert_eq!(dashboard::extent(&database.store).await.unwrap(), None);
    assert_eq!(
        dashboard::report(&database.store, &Cohort::default(), "UTC", LIMIT).await.unwrap(),
        dashboard::FigureReport::default()
    );
    assert!(dashboard::pipeline(&database.store, &Cohort::default(), "UTC", LIMIT).await.unwrap().is_empty());
    assert_eq!(
        store::reads::frame::frame_data(&database.store).await.unwrap(),
        store::reads::frame::FrameData::default()
    );
}

#[test]
fn a_cursor_round_trips_through_the_url() {
    let id = Uuid::from_u128(7);
    for first_as_of in [None, Some(engine::time::cut(Utc::now()))] {
        let place = leads_list::LeadListPosition { first_as_of, effective: id };
        assert_eq!(place.to_string().parse(), Ok(place));
    }
    for wrong in [
        "",
        "x",
        "1.x",
        "x.00000000-0000-0000-0000-000000000007",
        "9223372036854775807.00000000-0000-0000-0000-000000000007",
    ] {
        assert_eq!(wrong.parse::<leads_list::LeadListPosition>(), Err(()), "{wrong:?}");
    }
}
