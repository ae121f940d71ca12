//! Operands: what stands between the operators of a condition.

use super::ast::{Expr, ExprKind, Name};
use super::literal::Unsigned;
use super::parse::Parser;
use super::token::{Operator, Token};
use super::words::{FUNCTIONS, RESERVED, UNSUPPORTED};
use crate::problem::{Problem, Span, nearest};

impl<'t> Parser<'t> {
    /// An operand with its signs before and its selections after.
    pub fn operand(&mut self) -> Expr {
        let span = self.span();
        match self.peek() {
            Token::Not => self.negated(span),
            Token::Name("not" | "NOT")
                if !matches!(self.after(1), Token::Operator(_) | Token::End | Token::Close) =>
            {
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
                self.report(
                    whole,
                    &format!("`{function}` takes the name of one field, as in `{function}(company)`."),
                );
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
}
