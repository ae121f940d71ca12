//! Generates pieces of each type.

use engine::rules::quoted;

use super::{EQUALITIES, ORDERS, Source, Type};

impl Source<'_, '_> {
    pub fn bool(&mut self, d: usize) -> String {
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

    pub fn int(&mut self, d: usize) -> String {
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

    pub fn double(&mut self, d: usize) -> String {
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

    pub fn text(&mut self, d: usize) -> String {
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

    pub fn time(&mut self, d: usize) -> String {
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

    pub fn span(&mut self, d: usize) -> String {
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

    pub fn ints(&mut self, d: usize) -> String {
        match self.below(7) {
            0..3 => self.items(Type::Int, d),
            3 => format!("({} + {})", self.piece(Type::Ints, d), self.piece(Type::Ints, d)),
            4 => self.choice(Type::Ints, d),
            5 => self.over("filter", Type::Ints, d),
            _ => self.over("map", Type::Int, d),
        }
    }

    pub fn texts(&mut self, d: usize) -> String {
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

    pub fn map(&mut self, d: usize) -> String {
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

    /// Returns a macro over a list or map. A filter has the type of what it iterates over; other macros have
    /// the type of their body.
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
        if kind != "filter" && self.below(4) == 3 {
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
