//! The reference workload: leads with eleven fields, twelve rules and a default.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use engine::catalogue::FieldType;
use engine::problem::Problem;
use engine::rules::vector::{Columns, ColumnsBuilder};
use engine::rules::{Datum, Numeric, ReferenceList, RowCell, RuleSet, RuleSetFile};

use crate::draw::Draw;

/// The conditions, in scan order.
pub const CONDITIONS: [&str; 12] = [
    "intent_confidence > 0.85 && company in lists.tam",
    "decision_maker && timeframe_days <= 90",
    "usage_delta > 0.3 && recent_days <= 14",
    "intent_confidence < 0.05",
    "source == \"purchased_list\" && budget < 1000",
    "company_size >= 1000 && budget >= 100000",
    "region in [\"EU\",\"UK\"] && company_size >= 200 && product_interest == \"security\"",
    "product_interest in [\"analytics\",\"automation\",\"integrations\"] && intent_confidence >= 0.6 && budget >= 20000",
    "source in [\"referral\",\"partner\"] && intent_confidence >= 0.4",
    "company_size < 10 && budget < 5000 && !decision_maker",
    "region == \"APAC\" && timeframe_days > 180",
    "intent_confidence >= 0.5 && intent_confidence < 0.6 && usage_delta > 0.1 && company_size >= 50",
];

/// How many of the million leads each rule and the default decide, if a comparison with a missing value is
/// false.
pub const TWO_VALUED: [u64; 13] =
    [15006, 58868, 13390, 46119, 49272, 37257, 14408, 40062, 187_482, 46202, 35850, 10864, 445_220];

/// The values of `product_interest`.
pub const PRODUCTS: [&str; 8] =
    ["analytics", "automation", "integrations", "security", "billing", "support", "mobile", "platform"];
/// The values of `region`.
pub const REGIONS: [&str; 6] = ["NA", "EU", "UK", "APAC", "LATAM", "MEA"];
/// The values of `source`.
pub const SOURCES: [&str; 5] = ["chat", "web_form", "referral", "partner", "purchased_list"];

/// The seed of the leads.
const SEED: u64 = 20_240_607;
/// The confidence below which a field is unknown, if confidence counts.
pub const THRESHOLD: f64 = 0.7;
/// One in this many readings is below the threshold.
const UNSURE: u64 = 50;
/// The number of companies of leads, and how many of them are on the list.
const COMPANIES: usize = 5_000;
const LISTED: usize = 500;

/// The treatment of missing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    /// A comparison with a missing value is false, which the rules express with `has`; all readings are
    /// certain.
    TwoValued,
    /// Missing values, and readings below [`THRESHOLD`], are unknown; every field has a confidence.
    ThreeValued,
}

/// A lead.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the fields of the workload, by their names")]
pub struct Lead {
    pub intent_confidence: f64,
    pub company: usize,
    pub company_size: i64,
    pub budget: f64,
    pub timeframe_days: Option<i64>,
    pub decision_maker: bool,
    pub usage_delta: f64,
    pub recent_days: i64,
    pub product_interest: u32,
    pub region: u32,
    pub source: u32,
}

/// An iterator over the leads, always in the same order.
#[derive(Clone, Debug)]
pub struct Leads {
    draw: Draw,
    /// The names of the companies.
    pub companies: Vec<String>,
    /// The sorted indices of the companies on the list.
    pub listed: Vec<usize>,
}

/// The fields, in the order of a lead's cells.
pub const FIELDS: [(&str, FieldType); 11] = [
    ("intent_confidence", FieldType::Number),
    ("company", FieldType::String),
    ("company_size", FieldType::Integer),
    ("budget", FieldType::Number),
    ("timeframe_days", FieldType::Integer),
    ("decision_maker", FieldType::Bool),
    ("usage_delta", FieldType::Number),
    ("recent_days", FieldType::Integer),
    ("product_interest", FieldType::Enum),
    ("region", FieldType::Enum),
    ("source", FieldType::Enum),
];

impl Leads {
    /// Starts at the first lead.
    pub fn new() -> Self {
        let mut draw = Draw::new(SEED);
        let form = |i: usize| format!("Company {i:04} {}", ["Inc", "LLC", "GmbH", "Ltd", "SA"][i % 5]);
        let mut places: Vec<usize> = (0..COMPANIES).collect();
        for i in 0..LISTED {
            let other = i + draw.below((COMPANIES - i) as u64) as usize;
            places.swap(i, other);
        }
        places.truncate(LISTED);
        places.sort_unstable();
        Self { draw, companies: (0..COMPANIES).map(form).collect(), listed: places }
    }

    /// Returns the list of target accounts.
    pub fn lists(&self) -> BTreeMap<String, ReferenceList> {
        let names = self.listed.iter().map(|place| self.companies[*place].clone());
        BTreeMap::from([("tam".to_owned(), ReferenceList::new(names))])
    }
}

impl Default for Leads {
    fn default() -> Self {
        Self::new()
    }
}

impl Iterator for Leads {
    type Item = Lead;

    fn next(&mut self) -> Option<Lead> {
        let draw = &mut self.draw;
        let intent_confidence = draw.below(10_001) as f64 / 10_000.0;
        let company = draw.below(COMPANIES as u64) as usize;
        let company_size = (10_f64.powf(draw.unit() * 4.3) as i64).max(1);
        let budget = (10_f64.powf(2.0 + draw.unit() * 3.5) * 100.0).round() / 100.0;
        let timeframe_days = if draw.percent(20) { None } else { Some(draw.below(366) as i64) };
        let decision_maker = draw.percent(30);
        let usage_delta = (draw.below(20_001) as f64 - 10_000.0) / 10_000.0;
        let recent_days = draw.below(366) as i64;
        let [product_interest, region, source] = [8, 6, 5].map(|values| draw.below(values) as u32);
        Some(Lead {
            intent_confidence,
            company,
            company_size,
            budget,
            timeframe_days,
            decision_maker,
            usage_delta,
            recent_days,
            product_interest,
            region,
            source,
        })
    }
}

impl Lead {
    /// Returns the cells in the order of [`FIELDS`], all read with full confidence.
    pub fn cells<'a>(&self, companies: &'a [String]) -> [RowCell<'a>; FIELDS.len()] {
        let whole = |n: i64| Datum::Number(Numeric::Integer(n));
        let number = |n: f64| Datum::Number(Numeric::Float(n));
        let timeframe = self.timeframe_days.map_or(Datum::Missing, whole);
        [
            number(self.intent_confidence),
            Datum::Text(&companies[self.company]),
            whole(self.company_size),
            number(self.budget),
            timeframe,
            Datum::Bool(self.decision_maker),
            number(self.usage_delta),
            whole(self.recent_days),
            Datum::Code(self.product_interest),
            Datum::Code(self.region),
            Datum::Code(self.source),
        ]
        .map(|datum| match datum {
            Datum::Missing => RowCell::MISSING,
            datum => RowCell::read(datum, 1.0),
        })
    }
}

/// Returns the rule file, with an empty list. `intent` is the threshold of the first rule, 0.85 in the
/// workload.
pub fn file(logic: Logic, intent: f64) -> String {
    let mut yaml = String::from("rule_set: reference\nfields:\n");
    let values = |name: &str| match name {
        "product_interest" => format!(", values: [{}]", PRODUCTS.join(", ")),
        "region" => format!(", values: [{}]", REGIONS.join(", ")),
        "source" => format!(", values: [{}]", SOURCES.join(", ")),
        _ => String::new(),
    };
    let needed = match logic {
        Logic::TwoValued => String::new(),
        Logic::ThreeValued => format!(", min_confidence: {THRESHOLD}"),
    };
    for (name, kind) in FIELDS {
        writeln!(yaml, "  {name}: {{type: {kind}{}{needed}}}", values(name)).ok();
    }
    yaml.push_str("lists: {tam: []}\nrules:\n");
    for (index, condition) in CONDITIONS.iter().enumerate() {
        let mut when = condition.replace("0.85", &intent.to_string());
        if logic == Logic::TwoValued {
            when = when.replace("timeframe_days", "has(timeframe_days) && timeframe_days");
        }
        writeln!(yaml, "  - {{id: r{index}, when: '{when}', then: [advance]}}").ok();
    }
    yaml.push_str("default: hold\n");
    yaml
}

/// Returns the compiled rules of [`file()`].
///
/// # Errors
/// Returns the problems of the rules, which are valid.
pub fn rules(logic: Logic, intent: f64) -> Result<RuleSet, Vec<Problem>> {
    RuleSetFile::from_yaml(&file(logic, intent))?.compile()
}

/// Returns this many leads as columns, with missing values treated as in `logic`.
///
/// # Errors
/// Fails under the same conditions as [`rules`].
pub fn columns(logic: Logic, count: usize) -> Result<Columns, Vec<Problem>> {
    let file = RuleSetFile::from_yaml(&file(logic, 0.85))?;
    let fields = FIELDS.iter().filter_map(|(name, _)| Some((*name, file.fields.get(name)?)));
    let mut columns: ColumnsBuilder = Columns::builder(fields);
    each(logic, count, |cells| columns.push(cells, 0));
    Ok(columns.finish())
}

/// Calls `call` with the cells of each of this many leads.
pub fn each(logic: Logic, count: usize, mut call: impl FnMut(&[RowCell<'_>])) {
    let mut leads = Leads::new();
    let mut confidences = Draw::new(SEED + 1);
    for _ in 0..count {
        let Some(lead) = leads.next() else { return };
        let mut cells = lead.cells(&leads.companies);
        if logic == Logic::ThreeValued {
            for cell in cells.iter_mut().filter(|cell| cell.is_read) {
                // Confidence is in steps of 1/200, as in stored rows: one in fifty is below the threshold, the
                // rest above.
                let step = match confidences.below(UNSURE) {
                    0 => confidences.below(140),
                    _ => 140 + confidences.below(61),
                };
                cell.confidence = step as f64 / 200.0;
            }
        }
        call(&cells);
    }
}

/// Writes the leads as a CSV file in the format that other engines read.
pub fn csv(count: usize, out: &mut impl std::io::Write) -> std::io::Result<()> {
    let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    writeln!(out, "{}", names.join(","))?;
    let mut leads = Leads::new();
    for _ in 0..count {
        let Some(lead) = leads.next() else { break };
        let timeframe = lead.timeframe_days.map(|days| days.to_string()).unwrap_or_default();
        writeln!(
            out,
            "{},{},{},{},{timeframe},{},{},{},{},{},{}",
            lead.intent_confidence,
            leads.companies[lead.company],
            lead.company_size,
            lead.budget,
            lead.decision_maker,
            lead.usage_delta,
            lead.recent_days,
            PRODUCTS[lead.product_interest as usize],
            REGIONS[lead.region as usize],
            SOURCES[lead.source as usize],
        )?;
    }
    Ok(())
}
