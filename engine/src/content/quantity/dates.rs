//! Recognises dates among numbers, such as those that spreadsheets make of ranges: `10-Jan` for `1-10`.

use super::lex::QuantityTokenKind;
use super::lexicon::NumberModifier;
use super::parts::{QuantityPart, QuantityPartKind};
use crate::content::unread::UnreadReason;

/// Turns the numbers of dates into [`QuantityPartKind::Date`], so that they are not counted.
///
/// # Errors
/// Returns [`UnreadReason::Date`] if the text contains nothing but a date.
pub(super) fn take_dates(parts: &mut [QuantityPart], chars: &[char]) -> Result<(), UnreadReason> {
    let alone = parts.iter().all(|part| {
        part.quantity().is_some()
            || matches!(
                part.role(),
                Some(NumberModifier::CalendarMonth { .. } | NumberModifier::Of | NumberModifier::Per)
            )
            || matches!(
                part.other(),
                Some(QuantityTokenKind::Hyphen | QuantityTokenKind::Dash | QuantityTokenKind::Sign(_))
            )
    });
    let months: Vec<usize> = (0..parts.len())
        .filter(|at| matches!(parts[*at].role(), Some(NumberModifier::CalendarMonth { .. })))
        .collect();
    for month in months {
        let certain = matches!(parts[month].role(), Some(NumberModifier::CalendarMonth { certain: true }));
        for forward in [false, true] {
            let Some(number) = neighbour(parts, month, forward) else { continue };
            let gap = match forward {
                false => &chars[parts[number].end..parts[month].start],
                true => &chars[parts[month].end..parts[number].start],
            };
            let bound = gap.iter().any(|c| matches!(c, '-' | '–' | '/' | '.' | '’' | '\''));
            if gap.iter().any(|c| matches!(c, '\n' | ',' | ':' | ';')) || !(certain || bound || alone) {
                continue;
            }
            parts[number].kind = QuantityPartKind::Date;
            // The year behind a day and its month.
            let next = parts[number.max(month) + 1..].iter_mut().find(|part| part.quantity().is_some());
            if let Some(year) = next
                && (is_year(year, chars) || alone)
            {
                year.kind = QuantityPartKind::Date;
            }
        }
    }
    months_of_years(parts, chars);
    let dated = parts.iter().any(|part| part.kind == QuantityPartKind::Date);
    let left = parts.iter().any(|part| part.quantity().is_some());
    if dated && !left { Err(UnreadReason::Date) } else { Ok(()) }
}

/// Returns the number next to a month, with at most one joining part between.
fn neighbour(parts: &[QuantityPart], month: usize, forward: bool) -> Option<usize> {
    let step = |at: usize| if forward { at.checked_add(1) } else { at.checked_sub(1) };
    let mut at = step(month)?;
    let joins = |part: &QuantityPart| {
        matches!(part.role(), Some(NumberModifier::Of | NumberModifier::Per))
            || matches!(part.other(), Some(QuantityTokenKind::Hyphen | QuantityTokenKind::Dash))
    };
    if joins(parts.get(at)?) {
        at = step(at)?;
    }
    parts.get(at)?.quantity().map(|_| at)
}

/// Recognises `12-2024`, `2024-12` and `2019-2024` where no unit follows.
fn months_of_years(parts: &mut [QuantityPart], chars: &[char]) {
    for at in 2..parts.len() {
        let joined = match &parts[at - 1].kind {
            QuantityPartKind::Other(
                QuantityTokenKind::Hyphen | QuantityTokenKind::Dash | QuantityTokenKind::Sign('/'),
            ) => true,
            QuantityPartKind::Other(QuantityTokenKind::Role(NumberModifier::To | NumberModifier::Until)) => {
                false
            }
            _ => continue,
        };
        let month = |part: &QuantityPart| {
            is_plain(part, chars) && digits(part, chars).is_some_and(|number| (1..=12).contains(&number))
        };
        let (first, second) = (&parts[at - 2], &parts[at]);
        let years = is_year(first, chars) && is_year(second, chars);
        let monthly = month(first) && is_year(second, chars) || is_year(first, chars) && month(second);
        let has_unit =
            parts.get(at + 1).is_some_and(|part| matches!(part.role(), Some(NumberModifier::Unit(_))));
        if years && !has_unit || joined && monthly {
            parts[at - 2].kind = QuantityPartKind::Date;
            parts[at].kind = QuantityPartKind::Date;
        }
    }
}

/// Returns whether a part is four plain digits that could be a year.
pub(super) fn is_year(part: &QuantityPart, chars: &[char]) -> bool {
    is_plain(part, chars)
        && part.end - part.start == 4
        && digits(part, chars).is_some_and(|number| (1900..2100).contains(&number))
}

fn is_plain(part: &QuantityPart, chars: &[char]) -> bool {
    part.quantity()
        .is_some_and(|quantity| quantity.power == 0 && quantity.codes.is_none() && !quantity.percent)
        && chars[part.start..part.end].iter().all(char::is_ascii_digit)
}

fn digits(part: &QuantityPart, chars: &[char]) -> Option<u32> {
    chars.get(part.start..part.end)?.iter().collect::<String>().parse().ok()
}
