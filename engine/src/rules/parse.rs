//! Tokens into a tree: a Pratt parser with the precedence of CEL. It never gives up at a slip: the piece that
//! cannot be read becomes a hole, and the rest is read on, so that an editor sees all problems at once.

use super::ast::{Expr, ExprKind, Name};
use super::literal::Unsigned;
use super::token::{Operator, Placed, Token, tokens};
use crate::limits;
use crate::problem::{Problem, Span, nearest};

/// The functions there are.
pub(super) const FUNCTIONS: [&str; 2] = ["has", "confidence"];

/// Words that CEL keeps for itself, and that therefore cannot name a field or a list.
pub const RESERVED: [&str; 21] = [
    "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop",
    "namespace", "null", "package", "return", "true", "var", "void", "while",
];

/// Functions of CEL that are refused by name until they are supported.
const UNSUPPORTED: [&str; 30] = [
    "all", "bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "exists", "exists_one", "filter",
    "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMilliseconds",
    "getMinutes", "getMonth", "getSeconds", "int", "map", "matches", "size", "startsWith", "string", "timestamp",
    "type", "uint",
];

/// Problems told about one condition: more than a screen of them helps nobody.
const PROBLEMS: usize = 20;

/// Comparisons after each other without parentheses. They are no use, as the checker says; the bound keeps the
/// tree shallow.
const CHAIN: usize = 4;

/// The tree of a condition, with holes where it could not be read, and everything that is wrong with the way it
/// is written. There is no tree when there is no text, or too much of it.
pub fn parse(text: &str) -> (Option<Expr>, Vec<Problem>) {
    if text.len() > limits::EXPRESSION_BYTES {
        let message = format!("A condition has at most {} bytes; this one has {}.", limits::EXPRESSION_BYTES, text.len());
        return (None, vec![Problem::at("", message)]);
    }
    let mut problems = Vec::new();
    let tokens = tokens(text, &mut problems);
    if tokens.len() == 1 {
        return (None, vec![Problem::spanned(Span::new(0, text.len()), "A condition is missing.")]);
    }
    let mut parser = Parser { tokens, at: 0, depth: 0, gave_up: false, problems };
    let expr = parser.condition();
    let mut problems = parser.problems;
    problems.sort_by_key(|problem| problem.span.map_or(0, |span| span.start));
    problems.truncate(PROBLEMS);
    (Some(expr), problems)
}

struct Parser<'t> {
    tokens: Vec<Placed<'t>>,
    at: usize,
    depth: usize,
    /// Too deep: nothing more is read or reported.
    gave_up: bool,
    problems: Vec<Problem>,
}

impl<'t> Parser<'t> {
    /// The whole text: one expression and nothing after it.
    fn condition(&mut self) -> Expr {
        let expr = self.expression();
        while !matches!(self.peek(), Token::End) {
            let span = self.span();
            if self.starts_operand() {
                self.report(span, "An operator such as `&&` or `==` is missing before this.");
                self.expression();
            } else {
                self.report(span, "This does not belong here.");
                self.advance();
            }
        }
        expr
    }

    /// An expression with, perhaps, a choice (`a ? b : c`), which binds weakest.
    fn expression(&mut self) -> Expr {
        let condition = self.binary(0);
        if !matches!(self.peek(), Token::Question) {
            return condition;
        }
        let span = self.span();
        self.report(span, "A choice (`a ? b : c`) is not supported yet; write two rules.");
        self.advance();
        self.nested(Self::expression);
        let mut end = self.span();
        if self.take(&Token::Colon) {
            end = self.nested(Self::expression).span;
        }
        Expr::new(ExprKind::Hole, condition.span.to(end))
    }

    /// Operands joined by operators that bind at least as strongly as `floor`.
    fn binary(&mut self, floor: u8) -> Expr {
        let mut left = self.operand();
        let mut chain = (None, 0);
        while let Some(operator) = self.operator(floor) {
            let power = power(operator);
            chain = if chain.0 == Some(power) { (chain.0, chain.1 + 1) } else { (Some(power), 1) };
            let span = self.span();
            self.advance();
            if matches!(operator, Operator::Compare(_) | Operator::In) && chain.1 > CHAIN {
                self.give_up(span, "Comparisons do not chain; join them with `&&`.");
            }
            if operator == Operator::Unknown && !self.starts_operand() {
                left = Expr::new(ExprKind::Hole, left.span.to(span));
                continue;
            }
            let right = self.binary(power + 1);
            left = self.join(operator, span, left, right, chain.1 > 1);
        }
        left
    }

    /// The operator that stands here, if it binds strongly enough; words for it are read as what they mean.
    fn operator(&mut self, floor: u8) -> Option<Operator> {
        let span = self.span();
        let (operator, wrong) = match self.peek() {
            Token::Operator(operator) => (*operator, None),
            Token::Broken => (Operator::Unknown, None),
            Token::Name("and" | "AND" | "And") => (Operator::All, Some("&&")),
            Token::Name("or" | "OR" | "Or") => (Operator::Any, Some("||")),
            Token::Name("not" | "NOT") if matches!(self.after(1), Token::Operator(Operator::In)) => {
                self.report(span, "`a not in b` is written `!(a in b)`.");
                self.advance();
                (Operator::In, None)
            }
            _ => return None,
        };
        if power(operator) < floor {
            return None;
        }
        if let Some(right) = wrong {
            let message = format!("This is written `{right}`.");
            self.push(Problem::spanned(span, message).suggest(Some(right)));
        }
        Some(operator)
    }

    fn join(&mut self, operator: Operator, at: Span, left: Expr, right: Expr, is_chained: bool) -> Expr {
        let span = left.span.to(right.span);
        let kind = match (operator, left.kind) {
            (Operator::All, ExprKind::All(mut items)) if is_chained => {
                items.push(right);
                ExprKind::All(items)
            }
            (Operator::Any, ExprKind::Any(mut items)) if is_chained => {
                items.push(right);
                ExprKind::Any(items)
            }
            (operator, kind) => {
                let left = Expr::new(kind, left.span);
                match operator {
                    Operator::All => ExprKind::All(vec![left, right]),
                    Operator::Any => ExprKind::Any(vec![left, right]),
                    Operator::Compare(op) => ExprKind::Compare { op, left: left.into(), right: right.into() },
                    Operator::In => ExprKind::In { needle: left.into(), list: right.into() },
                    Operator::Arithmetic(sign) => {
                        // One report for `a + b + c`.
                        if left.kind != ExprKind::Hole {
                            self.report(at, &format!("Arithmetic (`{sign}`) is not supported yet."));
                        }
                        ExprKind::Hole
                    }
                    Operator::Unknown => ExprKind::Hole,
                }
            }
        };
        Expr::new(kind, span)
    }

    /// An operand with its signs before and its selections after.
    fn operand(&mut self) -> Expr {
        let span = self.span();
        match self.peek() {
            Token::Not => self.negated(span),
            Token::Name("not" | "NOT") if !matches!(self.after(1), Token::Operator(_) | Token::End | Token::Close) => {
                self.push(Problem::spanned(span, "This is written `!`.").suggest(Some("!")));
                self.negated(span)
            }
            Token::Operator(Operator::Arithmetic('-')) => self.minus(span),
            _ => {
                let primary = self.primary();
                self.selections(primary)
            }
        }
    }

    fn negated(&mut self, span: Span) -> Expr {
        self.advance();
        let operand = self.nested(Self::operand);
        let span = span.to(operand.span);
        Expr::new(ExprKind::Not(operand.into()), span)
    }

    /// A minus is part of the number after it; before anything else it would be arithmetic.
    fn minus(&mut self, span: Span) -> Expr {
        self.advance();
        let end = self.span();
        if let Token::Number(number) = *self.peek() {
            self.advance();
            let number = self.number(number, true, span.to(end));
            return self.selections(number);
        }
        let operand = self.nested(Self::operand);
        self.report(span, "Arithmetic (`-`) is not supported yet.");
        Expr::new(ExprKind::Hole, span.to(operand.span))
    }

    fn primary(&mut self) -> Expr {
        let span = self.span();
        match self.peek().clone() {
            Token::Number(number) => {
                self.advance();
                self.number(number, false, span)
            }
            Token::Text(text) => {
                self.advance();
                Expr::new(ExprKind::Text(text), span)
            }
            Token::Name(name) => {
                self.advance();
                self.named(name, span)
            }
            Token::Open => self.group(span),
            Token::OpenList => {
                self.advance();
                let (items, end) = self.items(&Token::CloseList, "]");
                Expr::new(ExprKind::List(items), span.to(end))
            }
            Token::OpenMap => self.map(span),
            Token::Broken => {
                self.advance();
                Expr::new(ExprKind::Hole, span)
            }
            _ => {
                self.report(span, "A field, a number or a text is missing here.");
                Expr::new(ExprKind::Hole, Span::new(span.start, span.start))
            }
        }
    }

    fn number(&mut self, number: Unsigned, is_negative: bool, span: Span) -> Expr {
        let kind = match number {
            Unsigned::Float(n) => ExprKind::Float(if is_negative { -n } else { n }),
            Unsigned::Integer(n) => {
                let n = if is_negative { -i128::from(n) } else { i128::from(n) };
                i64::try_from(n).map_or(ExprKind::Hole, ExprKind::Integer)
            }
        };
        if kind == ExprKind::Hole {
            self.report(span, "This number is too large.");
        }
        Expr::new(kind, span)
    }

    fn group(&mut self, open: Span) -> Expr {
        self.advance();
        let inner = self.nested(Self::expression);
        let end = self.close(&Token::Close, ")");
        Expr::new(inner.kind, open.to(end))
    }

    /// A name has been read: a word with a meaning of its own, a list, a call, or a field.
    fn named(&mut self, name: &'t str, span: Span) -> Expr {
        match name {
            "true" => Expr::new(ExprKind::Bool(true), span),
            "false" => Expr::new(ExprKind::Bool(false), span),
            "null" => {
                self.report(span, "There is no `null`; `has(field)` tells whether a field was read.");
                Expr::new(ExprKind::Hole, span)
            }
            _ if matches!(self.peek(), Token::Open) => self.call(name, span),
            "lists" => self.list_name(span),
            _ if RESERVED.contains(&name) => {
                self.report(span, &format!("`{name}` is a reserved word and cannot name a field."));
                Expr::new(ExprKind::Hole, span)
            }
            _ => Expr::new(ExprKind::Name(name.to_owned()), span),
        }
    }

    fn list_name(&mut self, span: Span) -> Expr {
        let named = self.take(&Token::Dot);
        match (named, self.peek().clone(), self.span()) {
            (true, Token::Name(name), place) => {
                self.advance();
                let name = Name { text: name.to_owned(), span: place };
                Expr::new(ExprKind::ListName(name), span.to(place))
            }
            _ => {
                self.report(span, "A list is named as in `lists.tam`.");
                Expr::new(ExprKind::Hole, span)
            }
        }
    }

    fn call(&mut self, function: &str, span: Span) -> Expr {
        self.advance();
        let (mut arguments, end) = self.items(&Token::Close, ")");
        let whole = span.to(end);
        if !FUNCTIONS.contains(&function) {
            self.unknown_function(function, span);
            return Expr::new(ExprKind::Hole, whole);
        }
        let argument = if arguments.len() == 1 { arguments.pop() } else { None };
        let kind = match argument {
            Some(Expr { kind: ExprKind::Name(text), span }) => {
                let name = Name { text, span };
                if function == "has" { ExprKind::Has(name) } else { ExprKind::Confidence(name) }
            }
            Some(Expr { kind: ExprKind::Hole, .. }) => ExprKind::Hole,
            _ => {
                self.report(whole, &format!("`{function}` takes the name of one field, as in `{function}(company)`."));
                ExprKind::Hole
            }
        };
        Expr::new(kind, whole)
    }

    fn unknown_function(&mut self, function: &str, span: Span) {
        if UNSUPPORTED.contains(&function) {
            return self.report(span, &format!("Calling `{function}` is not supported yet."));
        }
        let message = format!("There is no function `{function}`; there are `has` and `confidence`.");
        self.push(Problem::spanned(span, message).suggest(nearest(function, FUNCTIONS)));
    }

    /// `.name`, `.name(…)` and `[…]` after an operand, none of which is supported.
    fn selections(&mut self, mut operand: Expr) -> Expr {
        loop {
            let span = self.span();
            let end = match self.peek() {
                Token::Dot => {
                    self.advance();
                    self.member(operand.kind != ExprKind::Hole, span)
                }
                Token::OpenList => {
                    if operand.kind != ExprKind::Hole {
                        self.report(span, "Picking from a list (`a[0]`) is not supported yet.");
                    }
                    self.advance();
                    self.items(&Token::CloseList, "]").1
                }
                _ => return operand,
            };
            operand = Expr::new(ExprKind::Hole, operand.span.to(end));
        }
    }

    fn member(&mut self, is_reported: bool, dot: Span) -> Span {
        let span = self.span();
        let Token::Name(name) = *self.peek() else {
            self.report(dot, "A name is missing after the point.");
            return dot;
        };
        self.advance();
        let is_call = matches!(self.peek(), Token::Open);
        if is_reported && is_call {
            self.report(span, &format!("Calling `{name}` is not supported yet."));
        } else if is_reported {
            self.report(dot.to(span), &format!("A field has no parts; `.{name}` is not supported."));
        }
        if !is_call {
            return span;
        }
        self.advance();
        self.items(&Token::Close, ")").1
    }

    fn map(&mut self, open: Span) -> Expr {
        self.report(open, "Maps (`{…}`) are not supported.");
        self.advance();
        let mut end = open;
        while !matches!(self.peek(), Token::End | Token::CloseMap) {
            end = self.span();
            self.advance();
        }
        if matches!(self.peek(), Token::CloseMap) {
            end = self.span();
            self.advance();
        }
        Expr::new(ExprKind::Hole, open.to(end))
    }

    /// Expressions separated by commas up to the closing token, and where that stands.
    fn items(&mut self, close: &Token<'t>, sign: &str) -> (Vec<Expr>, Span) {
        let mut items = Vec::new();
        while self.peek() != close && self.peek() != &Token::End {
            items.push(self.nested(Self::expression));
            if !self.take(&Token::Comma) {
                break;
            }
        }
        (items, self.close(close, sign))
    }

    fn close(&mut self, close: &Token<'t>, sign: &str) -> Span {
        let span = self.span();
        if !self.take(close) {
            self.report(span, &format!("`{sign}` is missing here."));
            return Span::new(span.start, span.start);
        }
        span
    }

    /// Reads something one level deeper, unless that is too deep.
    fn nested(&mut self, read: impl FnOnce(&mut Self) -> Expr) -> Expr {
        let span = self.span();
        if self.depth >= limits::EXPRESSION_DEPTH {
            let message = format!("A condition is nested at most {} deep.", limits::EXPRESSION_DEPTH);
            self.give_up(span, &message);
            return Expr::new(ExprKind::Hole, span);
        }
        self.depth += 1;
        let expr = read(self);
        self.depth -= 1;
        expr
    }

    fn give_up(&mut self, span: Span, message: &str) {
        self.report(span, message);
        self.gave_up = true;
        self.at = self.tokens.len() - 1;
    }

    fn starts_operand(&self) -> bool {
        matches!(
            self.peek(),
            Token::Number(_) | Token::Text(_) | Token::Name(_) | Token::Not | Token::Open | Token::OpenList | Token::OpenMap
        )
    }

    fn report(&mut self, span: Span, message: &str) {
        self.push(Problem::spanned(span, message));
    }

    fn push(&mut self, problem: Problem) {
        // Three parentheses missing at one place are told once.
        if !self.gave_up && self.problems.last() != Some(&problem) {
            self.problems.push(problem);
        }
    }

    fn peek(&self) -> &Token<'t> {
        self.after(0)
    }

    fn after(&self, count: usize) -> &Token<'t> {
        self.tokens.get(self.at + count).map_or(&Token::End, |placed| &placed.token)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or_else(Span::default, |placed| placed.span)
    }

    fn advance(&mut self) {
        // The last token is the end and stays.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    fn take(&mut self, token: &Token<'t>) -> bool {
        let is_here = self.peek() == token;
        if is_here {
            self.advance();
        }
        is_here
    }
}

/// How strongly an operator binds, as in CEL's grammar.
fn power(operator: Operator) -> u8 {
    match operator {
        Operator::Any => 1,
        Operator::All => 2,
        Operator::Compare(_) | Operator::In | Operator::Unknown => 3,
        Operator::Arithmetic('+' | '-') => 4,
        Operator::Arithmetic(_) => 5,
    }
}
