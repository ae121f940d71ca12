//! Conditions that mostly make sense, drawn from the bytes of an input, over the fields of a workflow that has two of
//! each type.

use std::sync::LazyLock;

use arbitrary::Unstructured;
use engine::action::{Action, Consequence};
use engine::rules::{RuleDefinition, RuleSetFile, quoted};

const WORKFLOW: &str = include_str!("workflow.yaml");

/// Texts that fields are, and that conditions compare with.
pub const TEXTS: [&str; 16] = [
    "Acme",
    "acme.",
    "Globex",
    "Initech,  Inc.",
    "Café",
    "CAFE\u{301}",
    "",
    " ",
    "a",
    "B",
    "ß",
    "chat",
    "a,b-c",
    "12",
    "2026-01-31T09:30:00Z",
    "\u{1F600}x",
];

/// Pieces inside each other that are drawn at most.
const DEPTH: usize = 5;
/// Pieces that are drawn at most.
const PIECES: usize = 150;

const ORDERS: [&str; 6] = ["<", "<=", ">", ">=", "==", "!="];
const EQUALITIES: [&str; 2] = ["==", "!="];

/// The workflow, without rules.
///
/// # Panics
/// It is no rule-set file, which it is.
pub fn workflow() -> RuleSetFile {
    static READ: LazyLock<RuleSetFile> =
        LazyLock::new(|| RuleSetFile::from_yaml(WORKFLOW).unwrap_or_else(|problems| panic!("{problems:?}")));
    READ.clone()
}

/// A rule of this condition.
pub fn rule(index: usize, when: String, then: Consequence) -> RuleDefinition {
    RuleDefinition {
        id: format!("r{index}"),
        name: None,
        when,
        then: vec![then],
        min_confidence: Default::default(),
        risk: Vec::new(),
        table: None,
    }
}

/// The consequence that is this action and nothing more.
pub fn act(action: Action) -> Consequence {
    Consequence::Act { action, parameters: Default::default() }
}

/// Draws from bytes. Where they end, the first of each choice is drawn, which is never one with pieces inside.
pub struct Source<'b, 'u> {
    bytes: &'u mut Unstructured<'b>,
    pieces: usize,
    /// Variables of the macros around, with their types.
    variables: Vec<(String, Type)>,
}

/// What a piece comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Bool,
    Int,
    Double,
    Text,
    Time,
    Span,
    Ints,
    Texts,
    Map,
}

const TYPES: [Type; 9] = [
    Type::Bool,
    Type::Int,
    Type::Double,
    Type::Text,
    Type::Time,
    Type::Span,
    Type::Ints,
    Type::Texts,
    Type::Map,
];

/// A condition.
pub fn condition(bytes: &mut Unstructured<'_>) -> String {
    Source { bytes, pieces: 0, variables: Vec::new() }.piece(Type::Bool, 0)
}

/// A number below another.
pub fn below(bytes: &mut Unstructured<'_>, end: usize) -> usize {
    bytes.int_in_range(0..=end - 1).unwrap_or(0)
}

/// One of these.
pub fn of<T: Copy>(bytes: &mut Unstructured<'_>, choices: &[T]) -> T {
    choices[below(bytes, choices.len())]
}

impl Source<'_, '_> {
    fn below(&mut self, end: usize) -> usize {
        below(self.bytes, end)
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        of(self.bytes, choices)
    }

    fn piece(&mut self, ty: Type, depth: usize) -> String {
        self.pieces += 1;
        // Now and then a piece of another type, which the checker has to tell.
        let ty = if self.below(64) == 63 { self.of(&TYPES) } else { ty };
        if depth >= DEPTH || self.pieces > PIECES {
            return self.leaf(ty);
        }
        let depth = depth + 1;
        let hidden = self.variables.iter().filter(|(_, other)| *other == ty).count();
        if hidden > 0 && self.below(3) == 2 {
            let at = self.below(hidden);
            let named = self.variables.iter().filter(|(_, other)| *other == ty).nth(at);
            return named.map(|(name, _)| name.clone()).unwrap_or_default();
        }
        match ty {
            Type::Bool => self.bool(depth),
            Type::Int => self.int(depth),
            Type::Double => self.double(depth),
            Type::Text => self.text(depth),
            Type::Time => self.time(depth),
            Type::Span => self.span(depth),
            Type::Ints => self.ints(depth),
            Type::Texts => self.texts(depth),
            Type::Map => self.map(depth),
        }
    }

    fn leaf(&mut self, ty: Type) -> String {
        match ty {
            Type::Bool => self.atom(),
            Type::Int => self.whole(),
            Type::Double => self.number(),
            Type::Text => self.word(),
            Type::Time => self.of(&["as_of", "last_seen", "first_seen", "timestamp(0)"]).to_owned(),
            Type::Span => {
                format!("duration({})", quoted(self.of(&["1h", "-36h30m", "2562047h", "0.5s", "1ns"])))
            }
            Type::Ints => format!("[{}]", self.whole()),
            Type::Texts => format!("[{}]", self.word()),
            Type::Map => format!("{{{}: 1}}", self.word()),
        }
    }

    /// A condition that atoms of their own are made for.
    fn atom(&mut self) -> String {
        let (order, equality) = (self.of(&ORDERS), self.of(&EQUALITIES));
        match self.below(16) {
            0 => self.of(&["vip", "decision_maker", "true", "false"]).to_owned(),
            1 | 2 => format!("{} {order} {}", self.of(&["company_size", "timeframe_days"]), self.whole()),
            3 | 4 => format!("{} {order} {}", self.of(&["budget", "intent"]), self.number()),
            5 => format!("company_size {order} {}", self.of(&["timeframe_days", "budget", "intent"])),
            6 => format!(
                "{} {equality} {}",
                self.of(&["source", "channel"]),
                self.of(&["'chat'", "'mail'", "'web_form'"])
            ),
            7 => format!(
                "{} in ['chat', {}]",
                self.of(&["source", "company"]),
                self.of(&["'referral'", "'mail'"])
            ),
            8 => format!(
                "{} in lists.{}",
                self.of(&["company", "domain", "source"]),
                self.of(&["tam", "blocked"])
            ),
            9 => format!("{} {order} {}", self.of(&["company", "domain"]), self.word()),
            10 => format!("company in [{}, {}]", self.word(), self.word()),
            11 => format!("company {order} domain"),
            12 => format!(
                "{} {order} {}",
                self.of(&["last_seen", "first_seen"]),
                self.of(&["as_of", "first_seen"])
            ),
            13 => format!("has({})", self.of(&["company", "budget", "source", "vip", "last_seen"])),
            14 => format!(
                "confidence({}) {order} {}",
                self.of(&["intent", "company", "source"]),
                self.of(&["0.5", "0.7", "1.0", "0"])
            ),
            _ => format!("company_size in [{}, 2.0, {}]", self.whole(), self.whole()),
        }
    }

    fn whole(&mut self) -> String {
        match self.below(8) {
            0 => self.of(&["0", "1", "2", "-1", "120", "365"]).to_owned(),
            1 => self
                .of(&["9223372036854775807", "-9223372036854775808", "9007199254740993", "0x7f"])
                .to_owned(),
            2 => self.bytes.arbitrary::<i64>().unwrap_or_default().to_string(),
            3 => self.bytes.arbitrary::<i8>().unwrap_or_default().to_string(),
            4 | 5 => "company_size".to_owned(),
            _ => "timeframe_days".to_owned(),
        }
    }

    fn number(&mut self) -> String {
        match self.below(7) {
            0 => self
                .of(&["0.5", "0.0", "-0.0", "1.0", "2.5", "9007199254740992.0", "1e300", "5e-324"])
                .to_owned(),
            1 => match self.bytes.arbitrary::<f64>() {
                Ok(number) if number.is_finite() => format!("{number:?}"),
                _ => "0.25".to_owned(),
            },
            2 => format!("{:.2}", self.below(1000) as f64 / 100.0),
            3 | 4 => "budget".to_owned(),
            _ => "intent".to_owned(),
        }
    }

    fn word(&mut self) -> String {
        match self.below(8) {
            0..4 => quoted(self.of(&TEXTS)),
            4 => {
                let len = self.below(12);
                let drawn: Vec<char> = (0..len).filter_map(|_| self.bytes.arbitrary().ok()).collect();
                quoted(&drawn.into_iter().collect::<String>())
            }
            5 => "company".to_owned(),
            6 => "domain".to_owned(),
            _ => self.of(&["source", "channel"]).to_owned(),
        }
    }

    fn bool(&mut self, d: usize) -> String {
        let (order, equality) = (self.of(&ORDERS), self.of(&EQUALITIES));
        match self.below(24) {
            0..4 => self.atom(),
            4..7 => format!("({} && {})", self.piece(Type::Bool, d), self.piece(Type::Bool, d)),
            7..10 => format!("({} || {})", self.piece(Type::Bool, d), self.piece(Type::Bool, d)),
            10 | 11 => format!("!({})", self.piece(Type::Bool, d)),
            12 => self.choice(Type::Bool, d),
            13 => format!("({} {order} {})", self.piece(Type::Int, d), self.piece(Type::Int, d)),
            14 => format!("({} {order} {})", self.piece(Type::Double, d), self.piece(Type::Double, d)),
            15 => format!("({} {order} {})", self.piece(Type::Text, d), self.piece(Type::Text, d)),
            16 => format!("({} {order} {})", self.piece(Type::Time, d), self.piece(Type::Time, d)),
            17 => format!("({} {order} {})", self.piece(Type::Span, d), self.piece(Type::Span, d)),
            18 => {
                let function = self.of(&["contains", "startsWith", "endsWith", "matches"]);
                format!("{}.{function}({})", self.piece(Type::Text, d), self.piece(Type::Text, d))
            }
            19 => format!("{}.matches({})", self.piece(Type::Text, d), self.pattern()),
            20 => {
                let (item, list) =
                    self.of(&[(Type::Int, Type::Ints), (Type::Text, Type::Texts), (Type::Text, Type::Map)]);
                format!("({} in {})", self.piece(item, d), self.piece(list, d))
            }
            21 => {
                let kind = self.of(&["all", "exists", "exists_one"]);
                self.over(kind, Type::Bool, d)
            }
            22 => {
                let ty = self.of(&[Type::Ints, Type::Texts, Type::Map, Type::Bool]);
                format!("({} {equality} {})", self.piece(ty, d), self.piece(ty, d))
            }
            _ => format!("has({}.{})", self.piece(Type::Map, d), self.of(&["a", "chat", "`a b`"])),
        }
    }

    fn int(&mut self, d: usize) -> String {
        match self.below(14) {
            0..3 => self.whole(),
            3..6 => {
                let op = self.of(&["+", "-", "*", "/", "%"]);
                format!("({} {op} {})", self.piece(Type::Int, d), self.piece(Type::Int, d))
            }
            6 => format!("-({})", self.piece(Type::Int, d)),
            7 => self.choice(Type::Int, d),
            8 => {
                let ty = self.of(&[Type::Text, Type::Ints, Type::Texts, Type::Map]);
                format!("size({})", self.piece(ty, d))
            }
            9 => format!("{}[{}]", self.piece(Type::Ints, d), self.piece(Type::Int, d)),
            10 => format!("{}[{}]", self.piece(Type::Map, d), self.piece(Type::Text, d)),
            11 => {
                let part = self.of(&[
                    "getFullYear",
                    "getMonth",
                    "getDate",
                    "getDayOfMonth",
                    "getDayOfWeek",
                    "getDayOfYear",
                    "getHours",
                    "getMinutes",
                    "getSeconds",
                    "getMilliseconds",
                ]);
                if self.below(4) == 3 {
                    return format!("{}.{part}()", self.piece(Type::Span, d));
                }
                let zone = self.of(&["", "'Europe/Berlin'", "'-03:30'", "'Pacific/Apia'"]);
                format!("{}.{part}({zone})", self.piece(Type::Time, d))
            }
            12 => {
                let function = self.of(&["indexOf", "lastIndexOf"]);
                let (of, what) = (self.piece(Type::Text, d), self.piece(Type::Text, d));
                match self.below(2) {
                    0 => format!("{of}.{function}({what})"),
                    _ => format!("{of}.{function}({what}, {})", self.piece(Type::Int, d)),
                }
            }
            _ => {
                let ty = self.of(&[Type::Double, Type::Text, Type::Time, Type::Int]);
                format!("int({})", self.piece(ty, d))
            }
        }
    }

    fn double(&mut self, d: usize) -> String {
        match self.below(8) {
            0..3 => self.number(),
            3..5 => {
                let op = self.of(&["+", "-", "*", "/"]);
                format!("({} {op} {})", self.piece(Type::Double, d), self.piece(Type::Double, d))
            }
            5 => format!("-({})", self.piece(Type::Double, d)),
            6 => self.choice(Type::Double, d),
            _ => {
                let ty = self.of(&[Type::Int, Type::Text, Type::Double]);
                format!("double({})", self.piece(ty, d))
            }
        }
    }

    fn text(&mut self, d: usize) -> String {
        match self.below(12) {
            0..3 => self.word(),
            3 => format!("({} + {})", self.piece(Type::Text, d), self.piece(Type::Text, d)),
            4 => self.choice(Type::Text, d),
            5 => {
                let ty = self.of(&[Type::Int, Type::Double, Type::Bool, Type::Time, Type::Span, Type::Text]);
                format!("string({})", self.piece(ty, d))
            }
            6 => {
                let function = self.of(&["lowerAscii", "upperAscii", "trim", "reverse"]);
                format!("{}.{function}()", self.piece(Type::Text, d))
            }
            7 => format!("{}.charAt({})", self.piece(Type::Text, d), self.piece(Type::Int, d)),
            8 => {
                let (of, from) = (self.piece(Type::Text, d), self.piece(Type::Int, d));
                match self.below(2) {
                    0 => format!("{of}.substring({from})"),
                    _ => format!("{of}.substring({from}, {})", self.piece(Type::Int, d)),
                }
            }
            9 => {
                let (of, a, b) =
                    (self.piece(Type::Text, d), self.piece(Type::Text, d), self.piece(Type::Text, d));
                match self.below(2) {
                    0 => format!("{of}.replace({a}, {b})"),
                    _ => format!("{of}.replace({a}, {b}, {})", self.piece(Type::Int, d)),
                }
            }
            10 => format!("{}.join({})", self.piece(Type::Texts, d), self.piece(Type::Text, d)),
            _ => format!("{}[{}]", self.piece(Type::Texts, d), self.piece(Type::Int, d)),
        }
    }

    fn time(&mut self, d: usize) -> String {
        match self.below(6) {
            0 | 1 => self.leaf(Type::Time),
            2 | 3 => {
                let op = self.of(&["+", "-"]);
                format!("({} {op} {})", self.piece(Type::Time, d), self.piece(Type::Span, d))
            }
            4 => self.choice(Type::Time, d),
            _ => {
                let ty = self.of(&[Type::Int, Type::Text, Type::Time]);
                format!("timestamp({})", self.piece(ty, d))
            }
        }
    }

    fn span(&mut self, d: usize) -> String {
        match self.below(6) {
            0 | 1 => self.leaf(Type::Span),
            2 => format!("({} - {})", self.piece(Type::Time, d), self.piece(Type::Time, d)),
            3 => {
                let op = self.of(&["+", "-"]);
                format!("({} {op} {})", self.piece(Type::Span, d), self.piece(Type::Span, d))
            }
            4 => self.choice(Type::Span, d),
            _ => format!("duration({})", self.piece(Type::Text, d)),
        }
    }

    fn ints(&mut self, d: usize) -> String {
        match self.below(7) {
            0..3 => self.items(Type::Int, d),
            3 => format!("({} + {})", self.piece(Type::Ints, d), self.piece(Type::Ints, d)),
            4 => self.choice(Type::Ints, d),
            5 => self.over("filter", Type::Ints, d),
            _ => self.over("map", Type::Int, d),
        }
    }

    fn texts(&mut self, d: usize) -> String {
        match self.below(7) {
            0 | 1 => self.items(Type::Text, d),
            2 => format!("({} + {})", self.piece(Type::Texts, d), self.piece(Type::Texts, d)),
            3 => self.choice(Type::Texts, d),
            4 => {
                let (of, by) = (self.piece(Type::Text, d), self.piece(Type::Text, d));
                match self.below(2) {
                    0 => format!("{of}.split({by})"),
                    _ => format!("{of}.split({by}, {})", self.piece(Type::Int, d)),
                }
            }
            5 => self.over("filter", Type::Texts, d),
            _ => self.over("map", Type::Text, d),
        }
    }

    fn map(&mut self, d: usize) -> String {
        match self.below(4) {
            0 | 1 => {
                let count = self.below(4);
                let entries: Vec<String> = (0..count)
                    .map(|_| format!("{}: {}", self.piece(Type::Text, d), self.piece(Type::Int, d)))
                    .collect();
                format!("{{{}}}", entries.join(", "))
            }
            2 => self.choice(Type::Map, d),
            _ => {
                let of = self.piece(Type::Map, d);
                let (names, body) =
                    self.with([("k", Type::Text), ("v", Type::Int)], |source| source.piece(Type::Int, d));
                format!("{of}.transformMap({}, {body})", names.join(", "))
            }
        }
    }

    fn items(&mut self, ty: Type, d: usize) -> String {
        let count = self.below(4);
        let items: Vec<String> = (0..count).map(|_| self.piece(ty, d)).collect();
        format!("[{}]", items.join(", "))
    }

    fn choice(&mut self, ty: Type, d: usize) -> String {
        format!("({} ? {} : {})", self.piece(Type::Bool, d), self.piece(ty, d), self.piece(ty, d))
    }

    /// A macro over a list or a map. A filter gives what it goes over; the others what their body is.
    fn over(&mut self, kind: &str, ty: Type, d: usize) -> String {
        let sources = [(Type::Ints, Type::Int), (Type::Texts, Type::Text), (Type::Map, Type::Text)];
        let (list, item, body) = match (kind, ty) {
            ("filter", Type::Ints) => (Type::Ints, Type::Int, Type::Bool),
            ("filter", _) => (Type::Texts, Type::Text, Type::Bool),
            _ => {
                let (list, item) = self.of(&sources);
                (list, item, ty)
            }
        };
        let of = self.piece(list, d);
        if self.below(4) == 3 {
            let kind = if kind == "map" { "transformList" } else { kind };
            let first = if list == Type::Map { Type::Text } else { Type::Int };
            let second = if list == Type::Map { Type::Int } else { item };
            let (names, body) = self.with([("i", first), ("x", second)], |source| source.piece(body, d));
            return format!("{of}.{kind}({}, {body})", names.join(", "));
        }
        let (names, body) = self.with([("x", item)], |source| source.piece(body, d));
        format!("{of}.{kind}({}, {body})", names.join(", "))
    }

    fn with<const N: usize>(
        &mut self,
        variables: [(&str, Type); N],
        draw: impl FnOnce(&mut Self) -> String,
    ) -> (Vec<String>, String) {
        let depth = self.variables.len();
        let named = variables.map(|(name, ty)| (format!("{name}{depth}"), ty));
        let names = named.iter().map(|(name, _)| name.clone()).collect();
        self.variables.extend(named);
        let body = draw(self);
        self.variables.truncate(depth);
        (names, body)
    }

    fn pattern(&mut self) -> String {
        let pieces = [
            "a", "^", "$", ".", "*", "+", "?", "|", "(", ")", "[a-c]", "[^x]", "\\d", "\\p{L}", "{2,3}",
            "(?i)", "\\b", "ß", "{200}", "*?",
        ];
        let count = self.below(8);
        let drawn: Vec<&str> = (0..count).map(|_| self.of(&pieces)).collect();
        quoted(&drawn.concat())
    }
}
