//! Runs other Rust rule engines on the reference workload, one lead at a time: `peers LEADS.csv TAM.txt COUNT`.
//!
//! Each engine gets the leads in its preferred form, prepared before timing starts and including the result of
//! the list. The program prints one JSON object with decisions per second and the counts of the rules.

use std::collections::HashSet;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use cel::common::types::{CelBool, CelDouble, CelInt, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::{Context, VariableResolver};
use cel::{Env, Program};
use serde_json::{Value as Json, json};
use zen_engine::EvaluationOptions;
use zen_engine::model::DecisionContent;
use zen_engine::{Decision, DecisionEngine};
use zen_expression::variable::Variable;

/// The number of repetitions, of which the median counts.
const RUNS: usize = 5;

/// The index of the default.
const DEFAULT: usize = 12;

/// The conditions for CEL; `has_timeframe` is true if there is a timeframe.
const CEL: [&str; DEFAULT] = [
    "intent_confidence > 0.85 && in_tam",
    "decision_maker && has_timeframe && timeframe_days <= 90",
    "usage_delta > 0.3 && recent_days <= 14",
    "intent_confidence < 0.05",
    "source == 'purchased_list' && budget < 1000.0",
    "company_size >= 1000 && budget >= 100000.0",
    "region in ['EU','UK'] && company_size >= 200 && product_interest == 'security'",
    "product_interest in ['analytics','automation','integrations'] && intent_confidence >= 0.6 && budget >= 20000.0",
    "source in ['referral','partner'] && intent_confidence >= 0.4",
    "company_size < 10 && budget < 5000.0 && !decision_maker",
    "region == 'APAC' && has_timeframe && timeframe_days > 180",
    "intent_confidence >= 0.5 && intent_confidence < 0.6 && usage_delta > 0.1 && company_size >= 50",
];

/// The decision table for zen, with a row per rule, as `field: test`.
const TABLE: [&[(&str, &str)]; DEFAULT] = [
    &[("intent_confidence", "> 0.85"), ("in_tam", "true")],
    &[("decision_maker", "true"), ("timeframe_days", "$ != null and $ <= 90")],
    &[("usage_delta", "> 0.3"), ("recent_days", "<= 14")],
    &[("intent_confidence", "< 0.05")],
    &[("source", "'purchased_list'"), ("budget", "< 1000")],
    &[("company_size", ">= 1000"), ("budget", ">= 100000")],
    &[("region", "'EU','UK'"), ("company_size", ">= 200"), ("product_interest", "'security'")],
    &[
        ("product_interest", "'analytics','automation','integrations'"),
        ("intent_confidence", ">= 0.6"),
        ("budget", ">= 20000"),
    ],
    &[("source", "'referral','partner'"), ("intent_confidence", ">= 0.4")],
    &[("company_size", "< 10"), ("budget", "< 5000"), ("decision_maker", "false")],
    &[("region", "'APAC'"), ("timeframe_days", "$ != null and $ > 180")],
    &[("intent_confidence", ">= 0.5 and < 0.6"), ("usage_delta", "> 0.1"), ("company_size", ">= 50")],
];

/// The columns of the table.
const COLUMNS: [&str; 11] = [
    "intent_confidence",
    "in_tam",
    "decision_maker",
    "timeframe_days",
    "usage_delta",
    "recent_days",
    "source",
    "budget",
    "company_size",
    "region",
    "product_interest",
];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [leads, tam, count] = arguments.as_slice() else { bail!("usage: peers LEADS.csv TAM.txt COUNT") };
    let leads = read(leads, tam, count.parse()?)?;
    println!(
        "{}",
        json!({ "zen": zen(&leads, false)?, "zen_traced": zen(&leads, true)?, "cel": cel(&leads)? })
    );
    Ok(())
}

/// A lead with its fields by name.
struct Lead {
    numbers: [(&'static str, f64); 3],
    whole: [(&'static str, i64); 2],
    timeframe: Option<i64>,
    decision_maker: bool,
    in_tam: bool,
    texts: [(&'static str, String); 3],
}

fn read(leads: &str, tam: &str, count: usize) -> Result<Vec<Lead>> {
    let listed = std::fs::read_to_string(tam)?;
    let listed: HashSet<&str> = listed.lines().collect();
    let text = std::fs::read_to_string(leads)?;
    let lead = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [intent, company, size, budget, timeframe, maker, usage, recent, product, region, source] =
            cells.as_slice()
        else {
            bail!("{line:?} is not a lead");
        };
        Ok(Lead {
            numbers: [
                ("intent_confidence", intent.parse()?),
                ("budget", budget.parse()?),
                ("usage_delta", usage.parse()?),
            ],
            whole: [("company_size", size.parse()?), ("recent_days", recent.parse()?)],
            timeframe: if timeframe.is_empty() { None } else { Some(timeframe.parse()?) },
            decision_maker: maker.parse()?,
            in_tam: listed.contains(company),
            texts: [
                ("product_interest", (*product).to_owned()),
                ("region", (*region).to_owned()),
                ("source", (*source).to_owned()),
            ],
        })
    };
    text.lines().skip(1).take(count).map(lead).collect()
}

/// Decides all leads repeatedly.
fn measured(leads: usize, mut decide: impl FnMut(usize) -> Result<usize>) -> Result<Json> {
    let mut times: Vec<Duration> = Vec::new();
    let mut counts = [0; DEFAULT + 1];
    for _ in 0..RUNS {
        counts.fill(0);
        let start = Instant::now();
        for lead in 0..leads {
            counts[black_box(decide(lead)?)] += 1;
        }
        times.push(start.elapsed());
    }
    times.sort();
    Ok(json!({ "per_s": leads as f64 / times[RUNS / 2].as_secs_f64(), "counts": counts }))
}

/// Runs zen-engine with a compiled decision table.
fn zen(leads: &[Lead], trace: bool) -> Result<Json> {
    let decision = table()?;
    let contexts: Vec<Variable> = leads.iter().map(|lead| lead.json().into()).collect();
    measured(leads.len(), |lead| {
        let options = EvaluationOptions { trace, ..EvaluationOptions::default() };
        let evaluated = decision.evaluate_with_opts(contexts[lead].shallow_clone(), options);
        let response = futures::executor::block_on(evaluated).map_err(|error| anyhow!("{error:?}"))?;
        match response.result.dot("rule") {
            Some(Variable::Number(rule)) => Ok(rule.to_string().parse()?),
            other => Err(anyhow!("zen answered {other:?}")),
        }
    })
}

fn table() -> Result<Decision> {
    let inputs: Vec<Json> =
        COLUMNS.iter().map(|field| json!({ "id": field, "name": field, "field": field })).collect();
    let row = |(index, tests): (usize, &&[(&str, &str)])| {
        let mut row = json!({ "_id": format!("r{index}"), "rule": index.to_string() });
        for column in COLUMNS {
            let test = tests.iter().find(|(field, _)| *field == column);
            row[column] = json!(test.map_or("", |(_, test)| *test));
        }
        row
    };
    let default: [&[(&str, &str)]; 1] = [&[]];
    let rules: Vec<Json> = TABLE.iter().chain(&default).enumerate().map(row).collect();
    let content: DecisionContent = serde_json::from_value(json!({
        "nodes": [
            { "id": "in", "name": "in", "type": "inputNode", "content": {} },
            { "id": "dt", "name": "dt", "type": "decisionTableNode", "content": {
                "hitPolicy": "first", "inputs": inputs, "rules": rules,
                "outputs": [{ "id": "rule", "name": "rule", "field": "rule" }],
            } },
            { "id": "out", "name": "out", "type": "outputNode", "content": {} }
        ],
        "edges": [
            { "id": "e1", "sourceId": "in", "targetId": "dt" },
            { "id": "e2", "sourceId": "dt", "targetId": "out" }
        ]
    }))?;
    let mut decision =
        DecisionEngine::default().create_decision(content.into()).map_err(|error| anyhow!("{error:?}"))?;
    decision.compile();
    Ok(decision)
}

/// Runs the cel crate with a compiled program per rule, over variables that are resolved by reference.
fn cel(leads: &[Lead]) -> Result<Json> {
    let programs = CEL.iter().map(|condition| Program::compile(condition));
    let programs = programs.collect::<Result<Vec<_>, _>>().map_err(|error| anyhow!("{error:?}"))?;
    // Created once, since it contains all functions of the language.
    let functions = Arc::new(Env::stdlib());
    let leads: Vec<CelLead> = leads.iter().map(CelLead::of).collect();
    measured(leads.len(), |lead| {
        let mut context = Context::with_env(Arc::clone(&functions));
        context.set_variable_resolver(&leads[lead]);
        for (rule, program) in programs.iter().enumerate() {
            match program.execute(&context).map_err(|error| anyhow!("{error:?}"))? {
                cel::Value::Bool(true) => return Ok(rule),
                cel::Value::Bool(false) => {}
                other => bail!("cel answered {other:?}"),
            }
        }
        Ok(DEFAULT)
    })
}

/// The fields of a lead as CEL values.
struct CelLead {
    numbers: [(&'static str, CelDouble); 3],
    whole: [(&'static str, CelInt); 3],
    flags: [(&'static str, CelBool); 3],
    texts: [(&'static str, CelString<'static>); 3],
}

impl CelLead {
    fn of(lead: &Lead) -> Self {
        let [size, recent] = lead.whole;
        Self {
            numbers: lead.numbers.map(|(name, number)| (name, CelDouble::from(number))),
            whole: [size, recent, ("timeframe_days", lead.timeframe.unwrap_or(0))]
                .map(|(name, number)| (name, CelInt::from(number))),
            flags: [
                ("decision_maker", lead.decision_maker),
                ("in_tam", lead.in_tam),
                ("has_timeframe", lead.timeframe.is_some()),
            ]
            .map(|(name, flag)| (name, CelBool::from(flag))),
            texts: lead.texts.clone().map(|(name, text)| (name, CelString::from(text))),
        }
    }
}

impl VariableResolver for CelLead {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        fn find<'b, T: Val>(values: &'b [(&str, T)], name: &str) -> Option<&'b dyn Val> {
            values.iter().find(|(known, _)| *known == name).map(|(_, value)| value as &dyn Val)
        }
        let found = find(&self.numbers, name)
            .or_else(|| find(&self.whole, name))
            .or_else(|| find(&self.flags, name))
            .or_else(|| find(&self.texts, name));
        found.map(CowVal::Borrowed)
    }
}

impl Lead {
    fn json(&self) -> Json {
        let mut json = json!({
            "timeframe_days": self.timeframe,
            "decision_maker": self.decision_maker,
            "in_tam": self.in_tam,
        });
        self.numbers.iter().for_each(|(name, number)| json[name] = json!(number));
        self.whole.iter().for_each(|(name, number)| json[name] = json!(number));
        self.texts.iter().for_each(|(name, text)| json[name] = json!(text));
        json
    }
}
