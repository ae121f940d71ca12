//! Parses operands, the expressions between the operators of a condition.

use super::ast::ArithmeticOp;
use super::ast::{Expr, ExprKind, SpannedName};
use super::literal::UnsignedLiteral;
use super::parse::Parser;
use super::token::{Operator, Token};
use super::words::{Macro, RESERVED, UnsupportedSyntax};
use crate::problem::{Problem, Span};

impl<'t> Parser<'t> {
    /// Parses an operand with the signs before it and the selections after it.
    pub fn operand(&mut self) -> Expr {
        let span = self.span();
        match self.peek() {
            Token::Not => self.negated(span),
            Token::Name("not" | "NOT")
                if !matches!(self.after(1), Token::Operator(_) | Token::End | Token::Close) =>
            {
                self.push(Problem::spanned(span, "Write `!` instead.").suggest(Some("!")));
                self.negated(span)
            }
            Token::Operator(Operator::Arithmetic(ArithmeticOp::Subtract)) => self.minus(span),
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
        self.built(ExprKind::Not(operand.into()), span)
    }

    /// Parses a minus, which is part of a number after it.
    fn minus(&mut self, span: Span) -> Expr {
        self.advance();
        let end = self.span();
        if let Token::Number(number) = *self.peek() {
            self.advance();
            let number = self.number(number, true, span.to(end));
            return self.selections(number);
        }
        let operand = self.nested(Self::operand);
        let span = span.to(operand.span);
        self.built(ExprKind::Negative(operand.into()), span)
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
            Token::LeftOut(construct, text) => {
                self.advance();
                Expr::new(ExprKind::LeftOut { construct, text: text.to_owned() }, span)
            }
            Token::Dot => self.root(span),
            Token::Open => self.group(span),
            Token::OpenList => {
                self.advance();
                let (items, end) = self.items(&Token::CloseList, "]");
                self.built(ExprKind::List(items), span.to(end))
            }
            Token::OpenMap => self.map(span),
            Token::Broken => {
                self.advance();
                Expr::new(ExprKind::Hole, span)
            }
            _ => {
                self.report(span, "Add a field, a number or a text here.");
                Expr::new(ExprKind::Hole, Span::new(span.start, span.start))
            }
        }
    }

    fn number(&mut self, number: UnsignedLiteral, is_negative: bool, span: Span) -> Expr {
        let kind = match number {
            UnsignedLiteral::Float(n) => ExprKind::Float(if is_negative { -n } else { n }),
            UnsignedLiteral::Integer(n) => {
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

    /// Parses `.name`.
    fn root(&mut self, dot: Span) -> Expr {
        self.advance();
        let span = self.span();
        let Token::Name(name) = *self.peek() else {
            self.report(dot, "Add a name after the dot.");
            return Expr::new(ExprKind::Hole, dot);
        };
        self.advance();
        Expr::new(ExprKind::Root(SpannedName { text: name.to_owned(), span }), dot.to(span))
    }

    /// Parses the rest of an expression that starts with a name: a reserved word, a list, a call or a field.
    fn named(&mut self, name: &'t str, span: Span) -> Expr {
        match name {
            "true" => Expr::new(ExprKind::Bool(true), span),
            "false" => Expr::new(ExprKind::Bool(false), span),
            "null" => {
                let kind = ExprKind::LeftOut { construct: UnsupportedSyntax::Null, text: name.to_owned() };
                Expr::new(kind, span)
            }
            _ if matches!(self.peek(), Token::Open) => self.call(name, span),
            "lists" => self.list_name(span),
            _ if RESERVED.contains(&name) => {
                self.report(
                    span,
                    &format!("`{name}` is a reserved word and cannot be used as a field name."),
                );
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
                let name = SpannedName { text: name.to_owned(), span: place };
                Expr::new(ExprKind::ListName(name), span.to(place))
            }
            _ => {
                self.report(span, "Refer to a list as in `lists.tam`.");
                Expr::new(ExprKind::Hole, span)
            }
        }
    }

    /// Parses `name(…)` from the parenthesis on.
    fn call(&mut self, function: &'t str, span: Span) -> Expr {
        self.advance();
        let (mut arguments, end) = self.items(&Token::Close, ")");
        let whole = span.to(end);
        if !matches!(function, "has" | "confidence") {
            let function = SpannedName { text: function.to_owned(), span };
            return self.built(ExprKind::Call { of: None, function, arguments }, whole);
        }
        let argument = if arguments.len() == 1 { arguments.pop() } else { None };
        let kind = match (function, argument) {
            (_, Some(Expr { kind: ExprKind::Name(text), span, .. })) => {
                let name = SpannedName { text, span };
                if function == "has" { ExprKind::Has(name) } else { ExprKind::Confidence(name) }
            }
            ("has", Some(Expr { kind: ExprKind::Select { of, name }, .. })) => ExprKind::HasKey { of, name },
            (_, Some(Expr { kind: kind @ (ExprKind::Hole | ExprKind::LeftOut { .. }), .. })) => kind,
            _ => {
                self.report(
                    whole,
                    &format!("`{function}` needs the name of one field, as in `{function}(company)`."),
                );
                ExprKind::Hole
            }
        };
        self.built(kind, whole)
    }

    /// Parses `.name`, `.name(…)`, `[…]` and `{…}` after an operand.
    fn selections(&mut self, mut operand: Expr) -> Expr {
        loop {
            operand = match self.peek() {
                Token::Dot => self.member(operand),
                Token::OpenList => self.index(operand),
                Token::OpenMap if is_path(&operand) => self.message(operand),
                _ => return operand,
            };
        }
    }

    fn index(&mut self, of: Expr) -> Expr {
        let open = self.span();
        self.advance();
        let (mut items, end) = self.items(&Token::CloseList, "]");
        let span = of.span.to(end);
        let at = if items.len() == 1 { items.pop() } else { None };
        match at {
            Some(at) => self.built(ExprKind::Index { of: of.into(), at: at.into() }, span),
            None => {
                self.report(open.to(end), "The brackets must contain one index or key, as in `a[0]`.");
                Expr::new(ExprKind::Hole, span)
            }
        }
    }

    fn member(&mut self, of: Expr) -> Expr {
        let dot = self.span();
        self.advance();
        let span = self.span();
        let (text, is_quoted) = match *self.peek() {
            Token::Name(name) if !matches!(name, "true" | "false" | "null") => (name, false),
            Token::Quoted(name) => (name, true),
            _ => {
                self.report(dot, "Add a name after the dot.");
                return Expr::new(ExprKind::Hole, of.span.to(dot));
            }
        };
        self.advance();
        let name = SpannedName { text: text.to_owned(), span };
        if is_quoted || !matches!(self.peek(), Token::Open) {
            let whole = of.span.to(span);
            return self.built(ExprKind::Select { of: of.into(), name }, whole);
        }
        self.advance();
        let (arguments, end) = self.items(&Token::Close, ")");
        let whole = of.span.to(end);
        self.method(of, name, arguments, whole)
    }

    /// Parses a method call; calls with some names and the right form are macros.
    fn method(&mut self, of: Expr, function: SpannedName, mut arguments: Vec<Expr>, whole: Span) -> Expr {
        let Some((kind, variables)) = Macro::find(&function.text, arguments.len()) else {
            if let Ok(known) = function.text.parse::<Macro>() {
                let message = format!("Write `{}` as in `{}`.", function.text, known.example());
                self.report(function.span, &message);
                return Expr::new(ExprKind::Hole, whole);
            }
            return self.built(ExprKind::Call { of: Some(of.into()), function, arguments }, whole);
        };
        let body = arguments.split_off(variables);
        let mut names: Vec<SpannedName> = Vec::new();
        for variable in arguments {
            match variable.kind {
                ExprKind::Name(text) if names.iter().all(|name| name.text != text) => {
                    names.push(SpannedName { text, span: variable.span });
                }
                ExprKind::Hole => {}
                _ => {
                    let message =
                        format!("Add a variable name for each item here, as in `{}`.", kind.example());
                    self.report(variable.span, &message);
                }
            }
        }
        if names.len() < variables {
            return Expr::new(ExprKind::Hole, whole);
        }
        self.built(ExprKind::Macro { of: of.into(), kind, variables: names, body }, whole)
    }

    /// Parses `{a: b, …}`.
    fn map(&mut self, open: Span) -> Expr {
        self.advance();
        let mut entries = Vec::new();
        while !matches!(self.peek(), Token::End | Token::CloseMap) {
            let key = self.nested(Self::expression);
            self.close(&Token::Colon, ":");
            entries.push((key, self.nested(Self::expression)));
            if !self.take(&Token::Comma) {
                break;
            }
        }
        let end = self.close(&Token::CloseMap, "}");
        self.built(ExprKind::Map(entries), open.to(end))
    }

    /// Parses `Name{field: value, …}`, which is not supported.
    fn message(&mut self, name: Expr) -> Expr {
        self.advance();
        while !matches!(self.peek(), Token::End | Token::CloseMap) {
            if !matches!(self.peek(), Token::Name(_) | Token::Quoted(_)) {
                break;
            }
            self.advance();
            self.close(&Token::Colon, ":");
            self.nested(Self::expression);
            if !self.take(&Token::Comma) {
                break;
            }
        }
        let span = name.span.to(self.close(&Token::CloseMap, "}"));
        let text = self.text[span.start..span.end].to_owned();
        Expr::new(ExprKind::LeftOut { construct: UnsupportedSyntax::Message, text }, span)
    }
}

/// Returns whether the expression is a name, possibly with dots.
fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_) | ExprKind::Root(_) => true,
        ExprKind::Select { of, .. } => is_path(of),
        _ => false,
    }
}
