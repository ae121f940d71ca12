//! Generates random conditions beyond comparisons of fields with values: arithmetic, functions, conditional
//! operators, lists and macros over the fields of [`crate::random`], nested and mixed with unknown values.

use crate::draw::Draw;

/// Returns a condition of any form, nested to at most this depth.
pub fn condition(draw: &mut Draw, depth: u64) -> String {
    let mut source = Source { draw, items: 0 };
    source.bool(depth)
}

struct Source<'d> {
    draw: &'d mut Draw,
    /// The number of macro variables in scope, which are whole numbers.
    items: usize,
}

impl Source<'_> {
    fn of(&mut self, words: &[&'static str]) -> &'static str {
        self.draw.of(words)
    }

    fn order(&mut self) -> &'static str {
        self.of(&["<", "<=", ">", ">=", "==", "!="])
    }

    fn bool(&mut self, depth: u64) -> String {
        if depth == 0 {
            return match self.draw.below(8) {
                0 => format!("has({})", self.of(&["size", "company", "at", "source"])),
                1 => format!("{} in lists.{}", self.of(&["company", "plan"]), self.of(&["tam", "other"])),
                2 => self.of(&["true", "false"]).to_owned(),
                _ => self.of(&["a", "b", "c"]).to_owned(),
            };
        }
        let d = depth - 1;
        match self.draw.below(14) {
            0 => format!("({} && {})", self.bool(d), self.bool(d)),
            1 => format!("({} || {})", self.bool(d), self.bool(d)),
            2 => format!("!({})", self.bool(d)),
            3 => format!("({} ? {} : {})", self.bool(d), self.bool(d), self.bool(d)),
            4 | 5 => format!("({} {} {})", self.int(d), self.order(), self.int(d)),
            6 => format!("({} {} {})", self.double(d), self.order(), self.double(d)),
            7 => format!("({} {} {})", self.text(d), self.order(), self.text(d)),
            8 => {
                let function = self.of(&["contains", "startsWith", "endsWith"]);
                format!("({}).{function}({})", self.text(d), self.text(d))
            }
            9 => {
                format!("({}).matches('{}')", self.text(d), self.of(&["^[Aa]", "b+c?", "[a-f]{2}", "(x|é)*"]))
            }
            10 => format!("({} in {})", self.int(d), self.ints(d)),
            11 | 12 => {
                let of = self.ints(d);
                let kind = self.of(&["all", "exists", "exists_one"]);
                format!("{of}.{kind}({})", self.each(|source| source.bool(d)))
            }
            _ => format!("({} {} {})", self.time(d), self.order(), self.time(d)),
        }
    }

    fn int(&mut self, depth: u64) -> String {
        if depth == 0 {
            return match self.draw.below(4) {
                0 => self.of(&["0", "1", "2", "7", "-5", "9223372036854775807"]).to_owned(),
                1 if self.items > 0 => format!("v{}", self.draw.below(self.items as u64)),
                _ => self.of(&["size", "large"]).to_owned(),
            };
        }
        let d = depth - 1;
        match self.draw.below(9) {
            0..=3 => format!("({} {} {})", self.int(d), self.of(&["+", "-", "*", "/", "%"]), self.int(d)),
            4 => format!("-({})", self.int(d)),
            5 => format!("({} ? {} : {})", self.bool(d), self.int(d), self.int(d)),
            6 => format!("size({})", self.text(d)),
            7 => {
                let part = self.of(&["getHours", "getDayOfWeek", "getFullYear"]);
                format!("({}).{part}({})", self.time(d), self.of(&["", "'Europe/Berlin'", "'-03:30'"]))
            }
            _ => format!("int({})", self.double(d)),
        }
    }

    fn double(&mut self, depth: u64) -> String {
        if depth == 0 {
            return self
                .of(&["budget", "score", "budget", "score", "confidence(score)", "0.0", "1.5", "1e300"])
                .to_owned();
        }
        let d = depth - 1;
        match self.draw.below(6) {
            0..=2 => format!("({} {} {})", self.double(d), self.of(&["+", "-", "*", "/"]), self.double(d)),
            3 => format!("({} ? {} : {})", self.bool(d), self.double(d), self.double(d)),
            4 => format!("double({})", self.int(d)),
            _ => self.double(0),
        }
    }

    fn text(&mut self, depth: u64) -> String {
        if depth == 0 {
            return self
                .of(&["company", "plan", "company", "plan", "source", "word", "'a'", "''", "'Acme'"])
                .to_owned();
        }
        let d = depth - 1;
        match self.draw.below(6) {
            0 => format!("({} + {})", self.text(d), self.text(d)),
            1 => format!("({} ? {} : {})", self.bool(d), self.text(d), self.text(d)),
            2 => format!("string({})", self.int(d)),
            3 => {
                format!("({}).{}()", self.text(d), self.of(&["lowerAscii", "upperAscii", "trim", "reverse"]))
            }
            _ => self.text(0),
        }
    }

    fn ints(&mut self, depth: u64) -> String {
        let d = depth.saturating_sub(1);
        let items: Vec<String> = (0..1 + self.draw.below(3)).map(|_| self.int(d.min(1))).collect();
        let list = format!("[{}]", items.join(", "));
        match self.draw.below(5) {
            0 if depth > 0 => format!("{list}.map({})", self.each(|source| source.int(d))),
            1 if depth > 0 => format!("{list}.filter({})", self.each(|source| source.bool(d))),
            _ => list,
        }
    }

    fn time(&mut self, depth: u64) -> String {
        if depth > 0 && self.draw.percent(50) {
            let span = self.of(&["duration('1h')", "duration('-36h')", "duration('2000000h')"]);
            return format!("({} + {span})", self.time(depth - 1));
        }
        self.of(&["at", "seen", "as_of", "timestamp('1970-01-01T00:00:00Z')"]).to_owned()
    }

    /// Returns the variable of a macro and its body.
    fn each(&mut self, draw: impl FnOnce(&mut Self) -> String) -> String {
        self.items += 1;
        let body = draw(self);
        self.items -= 1;
        format!("v{}, {body}", self.items)
    }
}
