//! Parses tokens into a tree, with a Pratt parser that has CEL's operator precedence. It recovers from every
//! mistake: an invalid piece becomes a hole and parsing continues, so that an editor shows all problems at
//! once.

use super::ast::{Expr, ExprKind};
use super::token::{Operator, SpannedToken, Token, tokens};
use crate::limits;
use crate::problem::{Problem, Span};

/// The maximum number of problems reported for one condition; more than a screen is of no use.
pub(super) const PROBLEMS: usize = 20;

/// The maximum number of chained comparisons without parentheses. The checker rejects them anyway; this keeps
/// the tree shallow.
const CHAIN: usize = 4;

/// Parses a condition into a tree, with holes where it could not be parsed, and returns all syntax problems.
/// There is no tree if the text is empty or too long.
pub fn parse(text: &str) -> (Option<Expr>, Vec<Problem>) {
    if text.len() > limits::EXPRESSION_BYTES {
        let message = format!(
            "A condition can have at most {} bytes; this one has {}.",
            limits::EXPRESSION_BYTES,
            text.len()
        );
        return (None, vec![Problem::at("", message)]);
    }
    let mut problems = Vec::new();
    let tokens = tokens(text, &mut problems);
    if tokens.len() == 1 {
        return (None, vec![Problem::spanned(Span::new(0, text.len()), "Enter a condition.")]);
    }
    let mut parser = Parser { text, tokens, at: 0, depth: 0, gave_up: false, problems };
    let expr = parser.condition();
    let mut problems = parser.problems;
    problems.sort_by_key(|problem| problem.span.map_or(0, |span| span.start));
    problems.truncate(PROBLEMS);
    (Some(expr), problems)
}

/// The state of the parser. Operands are parsed in [`super::operand`].
pub(super) struct Parser<'t> {
    pub text: &'t str,
    tokens: Vec<SpannedToken<'t>>,
    at: usize,
    depth: usize,
    /// Whether the nesting was too deep; nothing more is parsed or reported.
    gave_up: bool,
    problems: Vec<Problem>,
}

impl<'t> Parser<'t> {
    /// Parses the whole text as one expression.
    fn condition(&mut self) -> Expr {
        let expr = self.expression();
        while !matches!(self.peek(), Token::End) {
            let span = self.span();
            if self.starts_operand() {
                self.report(span, "Add an operator such as `&&` or `==` before this.");
                self.expression();
            } else {
                self.report(span, "This is unexpected here.");
                self.advance();
            }
        }
        expr
    }

    /// Parses an expression, including the conditional operator (`a ? b : c`), which binds most loosely.
    pub fn expression(&mut self) -> Expr {
        let condition = self.binary(0);
        if !matches!(self.peek(), Token::Question) {
            return condition;
        }
        self.advance();
        let yes = self.nested(Self::expression);
        self.close(&Token::Colon, ":");
        let no = self.nested(Self::expression);
        let span = condition.span.to(no.span);
        let kind = ExprKind::Choice { condition: condition.into(), yes: yes.into(), no: no.into() };
        self.built(kind, span)
    }

    /// Builds a node from others, unless the tree has become too high.
    pub fn built(&mut self, kind: ExprKind, span: Span) -> Expr {
        let expr = Expr::new(kind, span);
        if expr.height() > limits::EXPRESSION_HEIGHT {
            let message = format!("A condition can nest at most {} expressions.", limits::EXPRESSION_HEIGHT);
            self.give_up(span, &message);
        }
        expr
    }

    /// Parses operands joined by operators with at least the binding power `floor`.
    fn binary(&mut self, floor: u8) -> Expr {
        let mut left = self.operand();
        let mut chain = (None, 0);
        while let Some(operator) = self.operator(floor) {
            let power = power(operator);
            chain = if chain.0 == Some(power) { (chain.0, chain.1 + 1) } else { (Some(power), 1) };
            let span = self.span();
            self.advance();
            if matches!(operator, Operator::Compare(_) | Operator::In) && chain.1 > CHAIN {
                self.give_up(span, "Comparisons cannot be chained; join them with `&&`.");
            }
            if operator == Operator::Unknown && !self.starts_operand() {
                left = Expr::new(ExprKind::Hole, left.span.to(span));
                continue;
            }
            let right = self.binary(power + 1);
            left = self.join(operator, left, right, chain.1 > 1);
        }
        left
    }

    /// Returns the operator at this position, if it binds tightly enough; words such as `and` are read as
    /// operators.
    fn operator(&mut self, floor: u8) -> Option<Operator> {
        let span = self.span();
        let (operator, wrong) = match self.peek() {
            Token::Operator(operator) => (*operator, None),
            Token::Broken => (Operator::Unknown, None),
            Token::Name("and" | "AND" | "And") => (Operator::All, Some("&&")),
            Token::Name("or" | "OR" | "Or") => (Operator::Any, Some("||")),
            Token::Name("not" | "NOT") if matches!(self.after(1), Token::Operator(Operator::In)) => {
                self.report(span, "Write `!(a in b)` instead of `a not in b`.");
                self.advance();
                (Operator::In, None)
            }
            _ => return None,
        };
        if power(operator) < floor {
            return None;
        }
        if let Some(right) = wrong {
            let message = format!("Write `{right}` instead.");
            self.push(Problem::spanned(span, message).suggest(Some(right)));
        }
        Some(operator)
    }

    fn join(&mut self, operator: Operator, left: Expr, right: Expr, is_chained: bool) -> Expr {
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
                    Operator::Arithmetic(op) => {
                        ExprKind::Arithmetic { op, left: left.into(), right: right.into() }
                    }
                    Operator::Unknown => ExprKind::Hole,
                }
            }
        };
        self.built(kind, span)
    }

    /// Parses expressions separated by commas up to the closing token, and returns its location.
    pub fn items(&mut self, close: &Token<'t>, sign: &str) -> (Vec<Expr>, Span) {
        let mut items = Vec::new();
        while self.peek() != close && self.peek() != &Token::End {
            items.push(self.nested(Self::expression));
            if !self.take(&Token::Comma) {
                break;
            }
        }
        (items, self.close(close, sign))
    }

    pub fn close(&mut self, close: &Token<'t>, sign: &str) -> Span {
        let span = self.span();
        if !self.take(close) {
            self.report(span, &format!("Add `{sign}` here."));
            return Span::new(span.start, span.start);
        }
        span
    }

    /// Parses something one level deeper, unless that is too deep.
    pub fn nested(&mut self, read: impl FnOnce(&mut Self) -> Expr) -> Expr {
        let span = self.span();
        if self.depth >= limits::EXPRESSION_DEPTH {
            let message =
                format!("A condition can be nested at most {} levels deep.", limits::EXPRESSION_DEPTH);
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
            Token::Number(_)
                | Token::Text(_)
                | Token::Name(_)
                | Token::LeftOut(..)
                | Token::Not
                | Token::Open
                | Token::OpenList
                | Token::OpenMap
        )
    }

    pub fn report(&mut self, span: Span, message: &str) {
        self.push(Problem::spanned(span, message));
    }

    pub fn push(&mut self, problem: Problem) {
        // Three parentheses missing at one place are reported once.
        if !self.gave_up && self.problems.last() != Some(&problem) {
            self.problems.push(problem);
        }
    }

    pub fn peek(&self) -> &Token<'t> {
        self.after(0)
    }

    pub fn after(&self, count: usize) -> &Token<'t> {
        self.tokens.get(self.at + count).map_or(&Token::End, |placed| &placed.token)
    }

    pub fn span(&self) -> Span {
        self.tokens.get(self.at).map_or_else(Span::default, |placed| placed.span)
    }

    pub fn advance(&mut self) {
        // The last token is the end marker and is never passed.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    pub fn take(&mut self, token: &Token<'t>) -> bool {
        let is_here = self.peek() == token;
        if is_here {
            self.advance();
        }
        is_here
    }
}

/// Returns the binding power of an operator, as in CEL's grammar.
fn power(operator: Operator) -> u8 {
    match operator {
        Operator::Any => 1,
        Operator::All => 2,
        Operator::Compare(_) | Operator::In | Operator::Unknown => 3,
        Operator::Arithmetic(op) if op.is_strong() => 5,
        Operator::Arithmetic(_) => 4,
    }
}
