//! Random rule sets and leads, with every kind of field, value, confidence and condition, and values close to
//! their limits.

use std::collections::{BTreeMap, BTreeSet};

use engine::action::{Action, Consequence};
use engine::catalogue::{Catalogue, FieldDefinition, FieldType, MissingMeaning};
use engine::problem::Problem;
use engine::rules::{Datum, Numeric, ReferenceList, RowCell, RuleDefinition, RuleSet, RuleSetFile};

use crate::draw::Draw;
use crate::general;

/// The texts of fields, some of which are list entries.
const TEXTS: [&str; 24] = [
    "Acme",
    "acme.",
    "Globex",
    "Globex Inc",
    "Initech",
    "Initech,  Inc.",
    "Umbrella",
    "Café",
    "CAFE\u{301}",
    "Zorg",
    "",
    " ",
    "a",
    "b",
    "B",
    "ß",
    "x",
    "y",
    "z",
    "Hooli",
    "Vandelay",
    "Stark",
    "Wayne",
    "Wonka",
];
const WORDS: [&str; 12] = ["w0", "w1", "w2", "w3", "w4", "w5", "w6", "w7", "w8", "w9", "w10", "w11"];
const CONFIDENCES: [f64; 7] = [0.0, 0.2, 0.5, 0.695, 0.7, 0.705, 1.0];

/// A rule set with leads to test it on.
#[derive(Debug)]
pub struct Case<'a> {
    /// The fields, in the order of a lead's cells.
    pub catalogue: Catalogue,
    /// The lists.
    pub lists: BTreeMap<String, ReferenceList>,
    /// The rules.
    pub rules: RuleSet,
    /// The same rules with one condition changed.
    pub changed: RuleSet,
    /// The leads, each with the time that rules use as `now`.
    pub leads: Vec<(Vec<RowCell<'a>>, i64)>,
}

/// How the cells of a field are generated.
struct Style {
    definition: FieldDefinition,
    numbers: u64,
    confidences: u64,
    missing: u64,
    invalid: u64,
}

impl Case<'static> {
    /// Generates a case with about this many leads.
    ///
    /// # Errors
    /// Returns the problems of the rules, which should be valid.
    pub fn draw(draw: &mut Draw, leads: u64) -> Result<Self, Vec<Problem>> {
        let styles: BTreeMap<String, Style> =
            fields().into_iter().map(|(name, kind)| (name.to_owned(), style(draw, kind))).collect();
        let definitions = styles.iter().map(|(name, style)| (name.clone(), style.definition.clone()));
        let catalogue = Catalogue(definitions.collect());
        let fields = &catalogue;
        let conditions: Vec<String> =
            (0..1 + draw.below(9)).map(|_| allowed(draw, fields)).collect::<Result<_, _>>()?;
        let mut file = file(draw, &catalogue, &conditions);
        let rules = file.compile()?;
        let place = draw.below(conditions.len() as u64) as usize;
        file.rules[place].when = allowed(draw, fields)?;
        let changed = file.compile()?;
        let entries = |draw: &mut Draw| {
            let texts: Vec<&str> = TEXTS.iter().chain(&WORDS).copied().filter(|_| draw.percent(40)).collect();
            ReferenceList::new(texts.into_iter().map(str::to_owned))
        };
        let mut lists =
            BTreeMap::from([("tam".to_owned(), entries(draw)), ("other".to_owned(), entries(draw))]);
        if draw.percent(10) {
            lists.remove("other");
        }
        let as_of = draw.percent(50);
        let leads = (0..leads).map(|_| {
            let cells = styles.values().map(|style| style.cell(draw)).collect();
            (cells, if as_of { draw.below(2_000) as i64 - 1_000 } else { 7 })
        });
        let leads = leads.collect();
        Ok(Self { catalogue, lists, rules, changed, leads })
    }
}

fn fields() -> [(&'static str, FieldType); 13] {
    use FieldType::{Bool, Enum, Integer, Number, String, Timestamp};
    [
        ("a", Bool),
        ("at", Timestamp),
        ("b", Bool),
        ("budget", Number),
        ("c", Bool),
        ("company", String),
        ("large", Integer),
        ("plan", String),
        ("score", Number),
        ("seen", Timestamp),
        ("size", Integer),
        ("source", Enum),
        ("word", Enum),
    ]
}

fn style(draw: &mut Draw, kind: FieldType) -> Style {
    let mut definition = FieldDefinition::new(kind);
    if kind == FieldType::Enum {
        let values = 2 + draw.below(WORDS.len() as u64 - 2) as usize;
        definition.values = WORDS[..values].iter().map(|word| (*word).to_owned()).collect();
    }
    if draw.percent(25) {
        definition.missing = MissingMeaning::Value(match kind {
            FieldType::Bool => draw.percent(50).into(),
            FieldType::Integer => (draw.below(9) as i64 - 3).into(),
            FieldType::Number => (draw.below(9) as f64 / 2.0).into(),
            FieldType::String => draw.of(&TEXTS).into(),
            FieldType::Enum => WORDS[draw.below(2) as usize].into(),
            FieldType::Timestamp => "1970-01-01T00:00:00Z".into(),
        });
    }
    definition.min_confidence = draw.percent(60).then(|| draw.of(&CONFIDENCES));
    Style {
        definition,
        numbers: draw.below(6),
        confidences: draw.below(4),
        missing: draw.of(&[0, 5, 30, 100]),
        invalid: draw.of(&[0, 0, 0, 5]),
    }
}

impl Style {
    fn cell(&self, draw: &mut Draw) -> RowCell<'static> {
        if draw.percent(self.missing) {
            return RowCell::MISSING;
        }
        let datum = if draw.percent(self.invalid) { Datum::Invalid } else { self.datum(draw) };
        let confidence = match self.confidences {
            0 => 1.0,
            1 => draw.of(&CONFIDENCES),
            2 => draw.below(201) as f64 / 200.0,
            _ => draw.unit(),
        };
        RowCell::read(datum, confidence)
    }

    fn datum(&self, draw: &mut Draw) -> Datum<'static> {
        match self.definition.kind {
            FieldType::Bool => Datum::Bool(draw.percent(50)),
            FieldType::Integer => Datum::Number(whole(draw, self.numbers)),
            FieldType::Number => Datum::Number(number(draw, self.numbers)),
            FieldType::String => Datum::Text(draw.of(&TEXTS)),
            FieldType::Enum => Datum::Code(draw.below(self.definition.values.len() as u64) as u32),
            FieldType::Timestamp => Datum::Timestamp(match self.numbers {
                0 => draw.bits().cast_signed(),
                _ => draw.below(2_000) as i64 - 1_000,
            }),
        }
    }
}

fn whole(draw: &mut Draw, style: u64) -> Numeric {
    let near = |draw: &mut Draw, n: i64| n.saturating_add(draw.below(5) as i64 - 2);
    Numeric::Integer(match style {
        0 => draw.below(6) as i64,
        1 => draw.below(300) as i64 - 40,
        2 => draw.below(100_000) as i64 - 3,
        3 => near(draw, 9_007_199_254_740_992),
        4 => {
            let edge = draw.of(&[i64::MIN, i64::MAX, 0]);
            near(draw, edge)
        }
        _ if draw.percent(3) => return Numeric::Float(draw.below(5) as f64),
        _ => draw.below(5) as i64,
    })
}

fn number(draw: &mut Draw, style: u64) -> Numeric {
    Numeric::Float(match style {
        0 => draw.below(9) as f64 / 2.0,
        1 => draw.below(10_001) as f64 / 10_000.0,
        2 => (draw.below(40_000_000) as f64 - 1e6) / 100.0,
        3 => draw.unit() * 6.0 - 1.0,
        4 => draw.of(&[0.0, -0.0, 1.5, -1e300, 1e300, 5e-324, f64::MAX, 9_007_199_254_740_992.0, 2.0]),
        _ if draw.percent(3) => return Numeric::Integer(draw.below(5) as i64),
        _ => draw.below(5) as f64,
    })
}

fn file(draw: &mut Draw, catalogue: &Catalogue, conditions: &[String]) -> RuleSetFile {
    let actions = [Action::Advance, Action::Nurture, Action::Reject, Action::Escalate];
    let rule = |(index, when): (usize, &String)| RuleDefinition {
        id: format!("r{index}"),
        name: None,
        when: when.clone(),
        then: if draw.percent(15) {
            vec![Consequence::Tag(format!("t{index}"))]
        } else {
            vec![Consequence::Act { action: draw.of(&actions), parameters: BTreeMap::new() }]
        },
        min_confidence: match draw.percent(20) {
            true => BTreeMap::from([("size".to_owned(), draw.of(&CONFIDENCES))]),
            false => BTreeMap::new(),
        },
        risk: Vec::new(),
        table: None,
    };
    RuleSetFile {
        rule_set: "drawn".into(),
        fields: catalogue.clone(),
        lists: BTreeMap::from([("tam".into(), Vec::new()), ("other".into(), Vec::new())]),
        rules: conditions.iter().enumerate().map(rule).collect(),
        default: Action::Hold,
    }
}

/// Returns a valid condition. A random one could test for impossible values, or take too much work.
fn allowed(draw: &mut Draw, fields: &Catalogue) -> Result<String, Vec<Problem>> {
    let lists = BTreeSet::from(["tam".to_owned(), "other".to_owned()]);
    loop {
        let when = condition(draw, 3);
        let (expr, mut problems) = engine::rules::parse(&when);
        problems.extend(expr.iter().flat_map(|expr| engine::rules::check(expr, fields, &lists)));
        let is_expected = |problem: &Problem| {
            [
                "so it can never be",
                "is not a value of",
                "have no order",
                "must have the same type",
                "This could take too long",
            ]
            .iter()
            .any(|part| problem.message.contains(part))
        };
        match problems.iter().all(is_expected) {
            true if problems.is_empty() => return Ok(when),
            true => {}
            false => return Err(problems.into_iter().map(|problem| problem.under(&when)).collect()),
        }
    }
}

/// Returns a condition, nested to at most this depth.
fn condition(draw: &mut Draw, depth: u64) -> String {
    if depth == 0 || draw.percent(35) {
        return atom(draw);
    }
    let joined = |draw: &mut Draw, operator: &str| {
        let parts: Vec<String> = (0..2 + draw.below(2)).map(|_| condition(draw, depth - 1)).collect();
        format!("({})", parts.join(operator))
    };
    match draw.below(8) {
        0..3 => joined(draw, " && "),
        3..5 => joined(draw, " || "),
        5..7 => format!("!({})", condition(draw, depth - 1)),
        _ => {
            let operator = draw.of(&["==", "!="]);
            format!("({}) {operator} ({})", condition(draw, depth - 1), condition(draw, depth - 1))
        }
    }
}

fn atom(draw: &mut Draw) -> String {
    let order = draw.of(&["<", "<=", ">", ">=", "==", "!="]);
    let equality = draw.of(&["==", "!="]);
    let (number, whole) = (bound(draw), draw.of(&["0", "1", "2", "3", "-1", "90", "9007199254740993"]));
    let (text, word) = (draw.of(&TEXTS), draw.of(&["w0", "w1"]));
    let (numeric, flag, listed) = (
        draw.of(&["size", "large", "budget", "score"]),
        draw.of(&["a", "b", "c"]),
        draw.of(&["tam", "other"]),
    );
    let textual = draw.of(&["company", "plan"]);
    let confidence = draw.of(&CONFIDENCES);
    match draw.below(21) {
        0..3 => format!("{} {order} {number}", draw.of(&["budget", "score"])),
        3..5 => format!("{} {order} {whole}", draw.of(&["size", "large"])),
        5 => format!("{numeric} in [{whole}, 2.0, 4]"),
        6 => format!("size {order} {numeric}"),
        7 => format!("budget {order} large"),
        8 => format!("{} {equality} '{word}'", draw.of(&["source", "word"])),
        9 => "word in ['w0', 'w1']".to_owned(),
        10 => format!("{} in lists.{listed}", draw.of(&["company", "plan", "word"])),
        11 => format!("{textual} {order} '{text}'"),
        12 => format!("{textual} in ['Acme', '{text}']"),
        13 => format!("company {order} plan"),
        14 => draw.of(&["at < as_of", "as_of <= seen", "at != as_of", "at >= seen", "seen == at"]).to_owned(),
        15 => format!("has({})", draw.of(&["size", "company", "at", "a", "source"])),
        16 => format!("confidence({numeric}) {order} {confidence}"),
        17..20 => {
            let depth = 1 + draw.below(3);
            general::condition(draw, depth)
        }
        _ if draw.percent(5) => draw.of(&["true", "false"]).to_owned(),
        _ => flag.to_owned(),
    }
}

fn bound(draw: &mut Draw) -> String {
    match draw.below(5) {
        0 => draw.of(&["0", "1", "2", "-1", "9007199254740993", "0.0", "-0.0"]).to_owned(),
        1 => format!("{}", draw.below(10_001) as f64 / 10_000.0),
        2 => format!("{}", draw.below(40_000_000) as f64 / 100.0),
        _ => draw.of(&["0.5", "1.5", "2.5", "1e300", "3.0"]).to_owned(),
    }
}
