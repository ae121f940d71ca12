//! Removes parts of SQL conditions.

use std::fmt::Display;
use std::ops::ControlFlow;

use anyhow::{Context, Result};
use sqlparser::ast::{BinaryOperator, Expr, InTarget, Select, VisitMut, VisitorMut};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

const DIALECT: PostgreSqlDialect = PostgreSqlDialect {};

/// SQL with one part removed.
#[derive(Debug, PartialEq, Eq)]
pub struct Weakened {
    /// A description of the change for the report, such as `without a = 1`.
    pub change: String,
    /// The remaining SQL.
    pub sql: String,
}

/// Returns every way to remove one part of a condition.
///
/// # Errors
/// Returns an error if the condition cannot be parsed.
pub fn condition(sql: &str) -> Result<Vec<Weakened>> {
    let parsed = Parser::new(&DIALECT)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_expr())
        .with_context(|| format!("parsing the condition {sql}"))?;
    Ok(weakened(&parsed))
}

/// Returns every way to remove one part of a condition in a query.
///
/// # Errors
/// Returns an error if the query cannot be parsed.
pub fn query(sql: &str) -> Result<Vec<Weakened>> {
    let parsed = Parser::new(&DIALECT)
        .try_with_sql(sql)
        .and_then(|mut parser| parser.parse_query())
        .with_context(|| format!("parsing the query {sql}"))?;
    Ok(weakened(&parsed))
}

/// Returns every way to disable an `IF` of a PL/pgSQL body, or to remove one part of its condition.
///
/// # Errors
/// Returns an error if the body cannot be tokenized or a condition cannot be parsed.
pub fn body(source: &str) -> Result<Vec<Weakened>> {
    // Without unescaping, printing the tokens reproduces the source.
    let tokens = Tokenizer::new(&DIALECT, source).with_unescape(false).tokenize()?;
    let text = |tokens: &[Token]| tokens.iter().map(ToString::to_string).collect::<String>();
    let mut found = Vec::new();
    for start in (0..tokens.len()).filter(|at| begins_condition(&tokens, *at)) {
        let rest = &tokens[start + 1..];
        let length =
            rest.iter().position(|token| is_word(token, &[Keyword::THEN])).context("an IF without THEN")?;
        let (before, after) = (text(&tokens[..=start]), text(&rest[length..]));
        let original = text(&rest[..length]);
        let original = original.trim();
        let mut add = |change: String, condition: &str| {
            found.push(Weakened { change, sql: format!("{before} {condition} {after}") });
        };
        add(format!("never: {}", one_line(original)), "false");
        for part in condition(original)? {
            add(part.change, &part.sql);
        }
    }
    Ok(found)
}

fn is_word(token: &Token, keywords: &[Keyword]) -> bool {
    matches!(token, Token::Word(word) if keywords.contains(&word.keyword))
}

/// Returns whether an `IF` or `ELSIF` starts here. `END IF` does not count.
fn begins_condition(tokens: &[Token], at: usize) -> bool {
    let before = tokens[..at].iter().rev().find(|token| !matches!(token, Token::Whitespace(_)));
    let ends = before.is_some_and(|token| is_word(token, &[Keyword::END]));
    match &tokens[at] {
        Token::Word(word) => {
            (word.keyword == Keyword::IF && !ends) || word.value.eq_ignore_ascii_case("elsif")
        }
        _ => false,
    }
}

fn weakened<T: VisitMut + Clone + Display>(original: &T) -> Vec<Weakened> {
    let mut found = Vec::new();
    loop {
        let mut copy = original.clone();
        let mut removal = Removal { wanted: found.len(), seen: 0, allowed_values: 0, change: None };
        let _ = VisitMut::visit(&mut copy, &mut removal);
        let Some(change) = removal.change else { return found };
        found.push(Weakened { change, sql: copy.to_string() });
    }
}

/// Removes the n-th removable part.
struct Removal {
    wanted: usize,
    seen: usize,
    /// How many lists of allowed values enclose the node (`= ANY (ARRAY[…])`, `<@ ARRAY[…]`): removing a value would make the
    /// condition stricter, not weaker.
    allowed_values: usize,
    change: Option<String>,
}

impl Removal {
    fn is_wanted(&mut self) -> bool {
        self.seen += 1;
        self.seen > self.wanted
    }
}

impl VisitorMut for Removal {
    type Break = ();

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        if let Some(selection) = &select.selection
            && self.is_wanted()
        {
            self.change = Some(format!("without WHERE {}", one_line(&selection.to_string())));
            select.selection = None;
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if is_enumeration(expr) {
            self.allowed_values += 1;
        }
        if self.allowed_values > 0 {
            return ControlFlow::Continue(());
        }
        for (part, rest) in removals(expr) {
            if self.is_wanted() {
                self.change = Some(format!("without {}", one_line(&part)));
                *expr = rest;
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if is_enumeration(expr) {
            self.allowed_values -= 1;
        }
        ControlFlow::Continue(())
    }
}

fn is_enumeration(expr: &Expr) -> bool {
    matches!(expr, Expr::AnyOp { .. } | Expr::BinaryOp { op: BinaryOperator::ArrowAt, .. })
}

/// Returns the parts that can be removed from this node itself, each with what remains.
fn removals(expr: &Expr) -> Vec<(String, Expr)> {
    use BinaryOperator::{And, Eq, Or};
    match expr {
        Expr::BinaryOp { left, op: op @ (And | Or), right } => {
            let mut found = vec![(right.to_string(), (**left).clone())];
            // Chains nest to the left; the visitor reaches the other operands further down.
            if !matches!(&**left, Expr::BinaryOp { op: inner, .. } if inner == op) {
                found.push((left.to_string(), (**right).clone()));
            }
            found
        }
        Expr::BinaryOp { left, op: Eq, right } => {
            pairs(left, right, |left, right| Expr::BinaryOp { left, op: Eq, right })
        }
        Expr::IsDistinctFrom(left, right) => pairs(left, right, Expr::IsDistinctFrom),
        Expr::In { expr, target: InTarget::List(list), negated, global } => without_each(list, |list| {
            Expr::In { expr: expr.clone(), target: InTarget::List(list), negated: *negated, global: *global }
        }),
        Expr::Array(array) => {
            without_each(&array.elem, |elem| Expr::Array(sqlparser::ast::Array { elem, named: array.named }))
        }
        Expr::Case { conditions, .. } => {
            let without = |at: usize| {
                let mut rest = expr.clone();
                if let Expr::Case { conditions, else_result, .. } = &mut rest {
                    if at < conditions.len() {
                        conditions.remove(at);
                    } else {
                        *else_result = None;
                    }
                }
                rest
            };
            let when = conditions.iter().enumerate().filter(|_| conditions.len() > 1);
            let mut found: Vec<_> = when.map(|(at, arm)| (arm.to_string(), without(at))).collect();
            found.push(("ELSE".to_owned(), without(conditions.len())));
            found
        }
        _ => Vec::new(),
    }
}

/// Returns a row comparison without each of its columns in turn.
fn pairs(left: &Expr, right: &Expr, join: impl Fn(Box<Expr>, Box<Expr>) -> Expr) -> Vec<(String, Expr)> {
    let (Expr::Tuple(left), Expr::Tuple(right)) = (left, right) else { return Vec::new() };
    let others = without_each(right, Expr::Tuple);
    let each = without_each(left, Expr::Tuple).into_iter().zip(others);
    each.map(|((part, left), (_, right))| (part, join(left.into(), right.into()))).collect()
}

/// Returns a list of at least two items without each of them in turn.
fn without_each(list: &[Expr], build: impl Fn(Vec<Expr>) -> Expr) -> Vec<(String, Expr)> {
    if list.len() < 2 {
        return Vec::new();
    }
    let rest = |left_out: usize| {
        let kept = list.iter().enumerate().filter(|(at, _)| *at != left_out);
        build(kept.map(|(_, item)| item.clone()).collect())
    };
    list.iter().enumerate().map(|(at, item)| (item.to_string(), rest(at))).collect()
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(found: &[Weakened]) -> Vec<(&str, &str)> {
        found.iter().map(|part| (part.change.as_str(), part.sql.as_str())).collect()
    }

    #[test]
    fn each_operand_of_a_condition_is_removed_once() {
        let found = condition("a = 1 AND NOT (b OR c) AND d").unwrap();
        let expected = [
            ("without d", "a = 1 AND NOT (b OR c)"),
            ("without NOT (b OR c)", "a = 1 AND d"),
            ("without a = 1", "NOT (b OR c) AND d"),
            ("without c", "a = 1 AND NOT (b) AND d"),
            ("without b", "a = 1 AND NOT (c) AND d"),
        ];
        assert_eq!(changes(&found), expected);
        assert_eq!(changes(&condition("state = 'draft'").unwrap()), []);
    }

    #[test]
    fn columns_of_a_row_and_values_of_a_list_are_removed_in_turn() {
        assert_eq!(
            changes(&condition("(n.a, n.b) IS DISTINCT FROM (o.a, o.b)").unwrap()),
            [
                ("without n.a", "(n.b) IS DISTINCT FROM (o.b)"),
                ("without n.b", "(n.a) IS DISTINCT FROM (o.a)")
            ]
        );
        assert_eq!(
            changes(&condition("s IN ('x', 'y')").unwrap()),
            [("without 'x'", "s IN ('y')"), ("without 'y'", "s IN ('x')")]
        );
        assert_eq!(changes(&condition("kind = ANY (ARRAY['a'::text, 'b'::text])").unwrap()), []);
    }

    #[test]
    fn sub_queries_lose_their_conditions_too() {
        let found = query("SELECT NOT EXISTS (SELECT 1 FROM t WHERE a AND b)").unwrap();
        let expected = [
            ("without WHERE a AND b", "SELECT NOT EXISTS (SELECT 1 FROM t)"),
            ("without b", "SELECT NOT EXISTS (SELECT 1 FROM t WHERE a)"),
            ("without a", "SELECT NOT EXISTS (SELECT 1 FROM t WHERE b)"),
        ];
        assert_eq!(changes(&found), expected);
    }

    #[test]
    fn every_if_of_a_body_is_disabled_and_the_rest_unchanged() {
        let source = "BEGIN\n IF a THEN RAISE EXCEPTION 'it''s %', x; ELSIF b OR c THEN RETURN NULL; END IF;\n RETURN NEW;\nEND";
        let found = body(source).unwrap();
        let changes: Vec<&str> = found.iter().map(|part| part.change.as_str()).collect();
        assert_eq!(changes, ["never: a", "never: b OR c", "without c", "without b"]);
        assert_eq!(
            found[0].sql,
            "BEGIN\n IF false THEN RAISE EXCEPTION 'it''s %', x; ELSIF b OR c THEN RETURN NULL; END IF;\n RETURN NEW;\nEND"
        );
    }
}
