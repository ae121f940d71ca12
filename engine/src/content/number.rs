//! The `number` and `range` extractors.

use serde_json::Value as Json;

use super::confidence;
use super::map::{DecimalSign, NumberSettings, RangeSettings, Take, pointer};
use super::quantity::{self, CODES, Decimal, NumberStyle, Percent};
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
    let mut currencies = currency.to_vec();
    if currencies.is_empty() && CODES.contains(&unit) {
        currencies.push(unit.to_owned());
    }
    let percent = match unit {
        "%" | "percent" | "per cent" => Percent::Whole,
        _ if field.max.is_some_and(|max| max <= 1.0) => Percent::Share,
        _ => Percent::Foreign,
    };
    NumberStyle {
        decimal,
        whole: field.kind == FieldType::Integer,
        currencies,
        unit: quantity::unit_of(unit),
        unit_words: words_of(unit).into_iter().map(|word| word.text).collect(),
        percent,
    }
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
