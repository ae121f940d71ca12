//! The `number` and `range` extractors.

use serde_json::Value as Json;

use super::confidence;
use super::map::{DecimalSign, NumberSettings, RangeSettings, Take, pointer};
use super::quantity::{self, CODES, Decimal, NumberStyle, Percent, Unit};
use super::reading::{ReadResult, TextReading};
use super::source::SourceText;
use super::unread::UnreadReason;
use super::words::words_of;
use crate::catalogue::{FieldDefinition, FieldType};
use crate::problem::{Problem, nearest};
use crate::value::Value;

/// How the numbers of one field are read.
#[derive(Clone, Debug)]
pub(super) struct NumberReader {
    style: NumberStyle,
    /// The end of a range to use as the value; if `None`, ranges are not read.
    take: Option<Take>,
}

impl NumberReader {
    /// Compiles a reader for single numbers and adds any problems with the settings of the field `name` to
    /// `problems`.
    pub fn one(
        settings: &NumberSettings,
        name: &str,
        field: &FieldDefinition,
        problems: &mut Vec<Problem>,
    ) -> Self {
        Self { style: style(&settings.currency, settings.decimal, name, field, problems), take: None }
    }

    /// Compiles a reader for numbers and ranges.
    pub fn range(
        settings: &RangeSettings,
        name: &str,
        field: &FieldDefinition,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let style = style(&settings.currency, settings.decimal, name, field, problems);
        Self { style, take: Some(settings.take) }
    }

    /// Reads the number in a text.
    pub fn read(&self, source: &SourceText) -> ReadResult {
        match source.json {
            Json::Number(number) => {
                Ok(TextReading::new(self.json(number)?, confidence::EXACT, source.trimmed()))
            }
            Json::Bool(_) => Err(UnreadReason::NoNumber),
            _ => {
                let amount = quantity::read(source, &self.style)?;
                let value = match (amount.high, self.take) {
                    (None, _) | (Some(_), Some(Take::Low)) => self.value(amount.low),
                    (Some(_), None) => return Err(UnreadReason::Range),
                    (Some(high), Some(Take::High)) => self.value(high),
                    (Some(high), Some(Take::Middle)) => self.middle(amount.low, high),
                };
                Ok(TextReading::new(value?, amount.confidence, amount.span))
            }
        }
    }

    fn json(&self, number: &serde_json::Number) -> Result<Value, UnreadReason> {
        let finite = number.as_f64().filter(|n| n.is_finite()).ok_or(UnreadReason::TooLarge)?;
        if self.style.largest.is_some_and(|largest| finite > largest as f64) {
            return Err(UnreadReason::Identifier);
        }
        if !self.style.whole {
            return Ok(Value::Number(finite));
        }
        if let Some(whole) = number.as_i64() {
            return Ok(Value::Integer(whole));
        }
        match finite {
            _ if finite.fract() != 0.0 => Err(UnreadReason::NotWhole),
            // Beyond this, an `f64` cannot hold every whole number, and the text could mean a neighbouring one.
            _ if finite.abs() > 9e15 => Err(UnreadReason::TooLarge),
            _ => Ok(Value::Integer(finite as i64)),
        }
    }

    fn value(&self, number: Decimal) -> Result<Value, UnreadReason> {
        if self.style.whole {
            let wrong = if number.is_whole() { UnreadReason::TooLarge } else { UnreadReason::NotWhole };
            return number.to_i64().map(Value::Integer).ok_or(wrong);
        }
        number.to_f64().map(Value::Number).ok_or(UnreadReason::TooLarge)
    }

    fn middle(&self, low: Decimal, high: Decimal) -> Result<Value, UnreadReason> {
        if self.style.whole && !(low.is_whole() && high.is_whole()) {
            return Err(UnreadReason::NotWhole);
        }
        let middle = low.middle(high).ok_or(UnreadReason::TooLarge)?;
        if self.style.whole {
            return middle.round_half_up().map(Value::Integer).ok_or(UnreadReason::TooLarge);
        }
        self.value(middle)
    }
}

fn style(
    currency: &[String],
    decimal: Option<DecimalSign>,
    name: &str,
    field: &FieldDefinition,
    problems: &mut Vec<Problem>,
) -> NumberStyle {
    for (i, code) in currency.iter().enumerate().filter(|(_, code)| !CODES.contains(&code.as_str())) {
        let at = pointer(&["fields", name, "currency", &i.to_string()]);
        let meant = nearest(&code.to_uppercase(), CODES).map(str::to_owned);
        problems.push(
            Problem::at(at, format!("`{code}` is not a currency code such as EUR or USD.")).suggest(meant),
        );
    }
    let unit = field.unit.as_deref().unwrap_or_default();
    let name_words = name.replace('_', " ");
    let title = field.title.as_deref().unwrap_or_default();
    let (by_unit, by_name) =
        (quantity::meaning_of(unit), quantity::meaning_of(&format!("{name_words} {title}")));
    let mut currencies = currency.to_vec();
    if currencies.is_empty() {
        currencies.extend(by_unit.currency.map(str::to_owned));
    }
    let percent = match unit {
        "%" | "percent" | "per cent" => Percent::Whole,
        _ if field.max.is_some_and(|max| max <= 1.0) => Percent::Share,
        _ => Percent::Foreign,
    };
    let whole = field.kind == FieldType::Integer;
    // Without a unit, the name of a field of whole numbers can say what it counts: `company_size`.
    let named = || by_name.unit.or_else(|| is_company_size(&name_words).then_some(Unit::People));
    let unit_of_field = quantity::unit_of(unit).or_else(|| (unit.is_empty() && whole).then(named).flatten());
    let texts = [unit, name_words.as_str(), title];
    let names: Vec<String> = texts.iter().flat_map(|text| words_of(text)).map(|word| word.text).collect();
    let is_staff =
        unit_of_field == Some(Unit::People) && !names.iter().any(|name| CROWDS.contains(&name.as_str()));
    NumberStyle {
        decimal,
        whole,
        currencies,
        unit: unit_of_field,
        has_unit: !unit.is_empty(),
        names,
        period: by_unit.period.or(by_name.period),
        largest: is_staff.then_some(MOST_EMPLOYEES),
        percent,
    }
}

/// More employees than any company has; a larger number is an identifier.
const MOST_EMPLOYEES: u64 = 10_000_000;

/// People of whom there can be more than employees.
const CROWDS: [&str; 7] = ["user", "users", "member", "members", "visitors", "subscribers", "customers"];

fn is_company_size(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    let of = ["company", "team", "org", "organisation", "organization", "business", "firm", "staff"];
    words.last() == Some(&"size") && words.iter().any(|word| of.contains(word))
        || words.contains(&"headcount")
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
