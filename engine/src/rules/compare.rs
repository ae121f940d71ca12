//! Checks comparisons and `in`, and chooses the fastest node for each.

use super::ast::{CompareOp, Expr, ExprKind};
use super::check::{Checker, ExprType, ResolvedField};
use super::code::{AcceptedOrderings, LiteralSet, Operation};
use super::numeric::Numeric;
use super::unparse::{quoted, unparse};
use crate::catalogue::{FieldDefinition, FieldType};
use crate::problem::{Problem, Span, nearest};

impl Checker<'_, '_> {
    /// Compiles `left op right`; `whole` is the whole comparison.
    pub fn compare(&mut self, whole: &Expr, op: CompareOp, left: &Expr, right: &Expr) {
        let (Some(a), Some(b)) = (self.type_of(left), self.type_of(right)) else {
            self.report_unknown(left, right);
            return self.report_unknown(right, left);
        };
        match (a, b) {
            (ExprType::Bool, ExprType::Bool) if op.is_equality() => {
                self.parent(Operation::Same { negated: op == CompareOp::NotEqual }, [left, right]);
            }
            (ExprType::Bool, ExprType::Bool) => {
                self.problem(whole.span, "True and false have no order; use `==` or `!=`.");
            }
            (ExprType::List | ExprType::ReferenceList, _) | (_, ExprType::List | ExprType::ReferenceList) => {
                self.problem(
                    whole.span,
                    "To test whether a value is in a list, use `in`, as in `company in lists.tam`.",
                );
            }
            (ExprType::Enum, ExprType::Text | ExprType::Enum) | (ExprType::Text, ExprType::Enum) => {
                self.compare_words(whole, op, left, right)
            }
            (ExprType::Number, ExprType::Number) => self.compare_numbers(op, left, right),
            (ExprType::Text, ExprType::Text) | (ExprType::Timestamp, ExprType::Timestamp) => {
                self.compare_plainly(op, left, right)
            }
            _ if is_comparison(left) || is_comparison(right) => self.chained(whole, op, left, right),
            _ => self.mismatch(left, right),
        }
    }

    /// Compiles `needle in list`.
    pub fn membership(&mut self, needle: &Expr, list: &Expr) {
        match &list.kind {
            ExprKind::ListName(_) => self.look_up(needle, list),
            ExprKind::List(items) => self.one_of(needle, list, items),
            ExprKind::Hole => self.report_unknown(needle, list),
            ExprKind::Name(name) if self.scope.lists.contains(name) => {
                self.unknown_name(name, list.span, None)
            }
            _ => self
                .problem(list.span, "`in` needs a list on its right, as in `[\"a\", \"b\"]` or `lists.tam`."),
        }
    }

    /// Reports a side with an unknown type, if the reason is a name without a field.
    fn report_unknown(&mut self, side: &Expr, other: &Expr) {
        if self.type_of(side).is_some() {
            return;
        }
        if let ExprKind::Name(name) = &side.kind {
            let beside = self.field_of(other).map(|field| field.definition);
            self.unknown_name(name, side.span, beside);
        }
    }

    /// Compiles a comparison of an enum with an enum or text, which can be equal but have no order.
    fn compare_words(&mut self, whole: &Expr, op: CompareOp, left: &Expr, right: &Expr) {
        if !op.is_equality() {
            let word = if self.type_of(left) == Some(ExprType::Enum) { left } else { right };
            let message = format!("The values of `{}` have no order; use `==`, `!=` or `in`.", unparse(word));
            return self.problem(whole.span, message);
        }
        let pair = match (&left.kind, &right.kind) {
            (_, ExprKind::Text(text)) => Some((left, text, right.span)),
            (ExprKind::Text(text), _) => Some((right, text, left.span)),
            _ => None,
        };
        let Some((word, text, span)) = pair else { return self.compare_plainly(op, left, right) };
        let Some(field) = self.field_of(word) else { return };
        self.enum_value(field, text, span);
        let accepted =
            field.definition.values.iter().map(|value| (value == text) == (op == CompareOp::Equal));
        self.atom(Operation::Codes { read: field.read, accepted: accepted.collect() });
    }

    fn compare_numbers(&mut self, op: CompareOp, left: &Expr, right: &Expr) {
        let (field_side, op, number_side) =
            if left.is_literal() { (right, op.flipped(), left) } else { (left, op, right) };
        let Some(bound) = number(number_side) else {
            return self.compare_plainly(op, field_side, number_side);
        };
        self.within_range(field_side, bound, op.is_equality(), number_side.span);
        match self.field_of(field_side) {
            Some(field) => {
                let bound = bound.recast(field.definition.kind == FieldType::Integer);
                self.atom(Operation::Bound { read: field.read, accepted: AcceptedOrderings::by(op), bound });
            }
            None => self.compare_plainly(op, field_side, number_side),
        }
    }

    fn compare_plainly(&mut self, op: CompareOp, left: &Expr, right: &Expr) {
        if let (Some(left), Some(right)) = (self.operand(left), self.operand(right)) {
            self.atom(Operation::Compare { left, accepted: AcceptedOrderings::by(op), right });
        }
    }

    /// Reports a number that the field, or the confidence, can never have.
    pub fn within_range(&mut self, side: &Expr, number: Numeric, is_exact: bool, span: Span) {
        let confidence =
            FieldDefinition { min: Some(0.0), max: Some(1.0), ..FieldDefinition::new(FieldType::Number) };
        let field = self.field_of(side);
        let definition = match (&side.kind, field) {
            (ExprKind::Confidence(_), _) => &confidence,
            (_, Some(field)) => field.definition,
            _ => return,
        };
        let text = unparse(side);
        if definition.check_range(number.to_f64()).is_err() {
            let message = format!("`{text}` is {}, so it can never be {number}.", range(definition));
            self.problems.push(Problem::spanned(span, message).suggest(as_fraction(definition, number)));
        } else if is_exact && definition.kind == FieldType::Integer && !number.is_whole() {
            self.problem(span, format!("`{text}` is a whole number, so it can never be {number}."));
        }
    }

    pub fn enum_value(&mut self, field: ResolvedField<'_>, text: &str, span: Span) {
        let values = &field.definition.values;
        if !values.iter().any(|value| value == text) {
            let message =
                format!("`{text}` is not a value of `{}`; the values are {}.", field.name, some_of(values));
            let suggestion = nearest(text, values.iter().map(String::as_str)).map(quoted);
            self.problems.push(Problem::spanned(span, message).suggest(suggestion));
        }
    }

    fn look_up(&mut self, needle: &Expr, list: &Expr) {
        if let ExprKind::ListName(name) = &list.kind
            && !self.scope.lists.contains(&name.text)
        {
            let suggestion = nearest(&name.text, self.scope.lists.iter().map(String::as_str));
            let problem = Problem::spanned(name.span, format!("List `{}` does not exist.", name.text));
            self.problems.push(problem.suggest(suggestion));
        }
        let Some(kind) = self.type_of(needle) else { return self.report_unknown(needle, list) };
        match (kind, self.field_of(needle), &list.kind) {
            (ExprType::Text | ExprType::Enum, Some(field), ExprKind::ListName(name)) => {
                let question = self.symbols.question(&name.text, field.read.slot);
                self.atom(Operation::Listed { read: field.read, question });
            }
            _ => self.problem(needle.span, "Only a text field can be looked up in a list."),
        }
    }

    fn one_of(&mut self, needle: &Expr, list: &Expr, items: &[Expr]) {
        let Some(kind) = self.type_of(needle) else { return self.report_unknown(needle, list) };
        if items.is_empty() {
            return self.problem(list.span, "The list is empty, so nothing can be in it.");
        }
        let is_clean = items.iter().all(|item| self.item(needle, kind, item));
        let field = self.field_of(needle);
        match (kind, field) {
            _ if !is_clean => {}
            (ExprType::Enum, Some(field)) => {
                let has = |value: &String| {
                    items.iter().any(|item| matches!(&item.kind, ExprKind::Text(text) if text == value))
                };
                let accepted = field.definition.values.iter().map(has).collect();
                self.atom(Operation::Codes { read: field.read, accepted });
            }
            (ExprType::Number | ExprType::Text, _) => {
                let set = set(items);
                if let Some(needle) = self.operand(needle) {
                    self.atom(Operation::OneOf { needle, set });
                }
            }
            _ => self.problem(
                needle.span,
                format!(
                    "`{}` is {}; `in` works only with text and numbers.",
                    unparse(needle),
                    self.phrase(needle)
                ),
            ),
        }
    }

    /// Reports whether an item of a list can equal the needle, and adds a problem if not.
    fn item(&mut self, needle: &Expr, kind: ExprType, item: &Expr) -> bool {
        let before = self.problems.len();
        match (kind, &item.kind) {
            (_, ExprKind::Hole) => return false,
            (ExprType::Enum, ExprKind::Text(text)) => {
                if let Some(field) = self.field_of(needle) {
                    self.enum_value(field, text, item.span);
                }
            }
            (ExprType::Number, ExprKind::Integer(_) | ExprKind::Float(_)) => {
                if let Some(number) = number(item) {
                    self.within_range(needle, number, true, item.span);
                }
            }
            (ExprType::Text, ExprKind::Text(_))
            | (ExprType::Bool | ExprType::Timestamp | ExprType::List | ExprType::ReferenceList, _) => {}
            (_, ExprKind::Name(name)) if self.type_of(item).is_none() => {
                let beside = self.field_of(needle).map(|field| field.definition);
                self.unknown_name(name, item.span, beside);
            }
            (_, _) if !item.is_literal() => {
                self.problem(item.span, "The values of a list must be numbers or texts in quotes.");
            }
            _ => self.mismatch(needle, item),
        }
        self.problems.len() == before
    }

    /// Reports `a < b < c`.
    fn chained(&mut self, whole: &Expr, op: CompareOp, left: &Expr, right: &Expr) {
        let suggestion = match &left.kind {
            ExprKind::Compare { right: middle, .. } => {
                Some(format!("{} && {} {} {}", unparse(left), unparse(middle), op.symbol(), unparse(right)))
            }
            _ => None,
        };
        let problem = Problem::spanned(whole.span, "Comparisons cannot be chained; join them with `&&`.");
        self.problems.push(problem.suggest(suggestion));
    }

    /// Reports two values that can never be equal.
    fn mismatch(&mut self, left: &Expr, right: &Expr) {
        let (subject, other) = if left.is_literal() { (right, left) } else { (left, right) };
        let message = format!(
            "`{}` is {} and cannot be compared with {}.",
            unparse(subject),
            self.phrase(subject),
            self.phrase(other)
        );
        let hint = match (self.type_of(subject), &other.kind) {
            (Some(ExprType::Timestamp), _) => " Compare it with another point in time, such as `as_of`.",
            _ => "",
        };
        let suggestion = match (self.type_of(subject), &other.kind) {
            (Some(ExprType::Number), ExprKind::Text(text)) => {
                text.trim().parse::<f64>().ok().filter(|n| n.is_finite()).map(|_| text.trim().to_owned())
            }
            (Some(ExprType::Text | ExprType::Enum), ExprKind::Integer(_) | ExprKind::Float(_)) => {
                Some(quoted(&unparse(other)))
            }
            (Some(ExprType::Bool), ExprKind::Text(text)) => {
                ["true", "false"].into_iter().find(|word| word == text).map(str::to_owned)
            }
            _ => None,
        };
        self.problems.push(Problem::spanned(other.span, message + hint).suggest(suggestion));
    }
}

fn is_comparison(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Compare { .. } | ExprKind::In { .. })
}

fn number(expr: &Expr) -> Option<Numeric> {
    match expr.kind {
        ExprKind::Integer(n) => Some(Numeric::Integer(n)),
        ExprKind::Float(n) => Some(Numeric::Float(n)),
        _ => None,
    }
}

/// Returns the literals of a list, which are all numbers or all texts.
fn set(items: &[Expr]) -> LiteralSet {
    let numbers: Vec<_> = items.iter().filter_map(number).collect();
    if !numbers.is_empty() {
        return LiteralSet::numbers(numbers);
    }
    let text = |item: &Expr| match &item.kind {
        ExprKind::Text(text) => Some(text.as_str().into()),
        _ => None,
    };
    LiteralSet::texts(items.iter().filter_map(text).collect())
}

/// Suggests 0.85 for 85.
fn as_fraction(definition: &FieldDefinition, number: Numeric) -> Option<String> {
    let fraction = number.to_f64() / 100.0;
    let is_percent = definition.max == Some(1.0) && definition.min.is_none_or(|min| min >= 0.0);
    (is_percent && (0.0..=1.0).contains(&fraction)).then(|| fraction.to_string())
}

fn range(definition: &FieldDefinition) -> String {
    match (definition.min, definition.max) {
        (Some(min), Some(max)) => format!("between {min} and {max}"),
        (Some(min), None) => format!("{min} or more"),
        (None, Some(max)) => format!("{max} or less"),
        (None, None) => "any number".into(),
    }
}

/// Lists the values of an enum, up to as many as fit in a sentence.
fn some_of(values: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = values.iter().take(SHOWN).map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
    if values.len() > SHOWN { format!("{shown} and {} more", values.len() - SHOWN) } else { shown }
}
