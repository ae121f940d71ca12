//! Interprets the words around a number or range.

use super::NumberStyle;
use super::dates::is_year;
use super::lex::QuantityTokenKind;
use super::lexicon::{NumberModifier, Period, Unit};
use super::parts::QuantityPart;
use super::topic::{self, Topic};
use crate::content::confidence;
use crate::content::unread::UnreadReason;

/// The context of a number or range.
#[derive(Debug)]
pub(super) struct NumberContext {
    /// The number is a lower bound.
    pub at_least: bool,
    /// The number is an upper bound.
    pub at_most: bool,
    /// A single number is a lower bound.
    pub from: bool,
    /// A single number is an upper bound.
    pub until: bool,
    /// The number is what something has become: `to 80`.
    pub to: bool,
    /// The span of time that the number is for.
    pub every: Option<Period>,
    pub confidence: f64,
    /// The number of parts directly before and after that belong to it.
    before: usize,
    after: usize,
    /// The number of words that the extractor ignores.
    words: usize,
    /// Whether the text names what is counted: the unit, a currency, or the subject of the field.
    names_unit: bool,
    /// Whether a word could give the number another meaning.
    unknown: bool,
}

/// The number or range whose context is interpreted.
struct Centre<'a> {
    parts: &'a [QuantityPart],
    chars: &'a [char],
    first: usize,
    last: usize,
    /// Whether the number is four plain digits that could be a year.
    is_year: bool,
    /// Whether a multiplier, a currency or a percent sign shows that the number is an amount.
    is_amount: bool,
}

impl Centre<'_> {
    /// Returns whether only spaces are between two neighbouring parts.
    fn touch(&self, left: &QuantityPart, right: &QuantityPart) -> bool {
        self.chars
            .get(left.end..right.start)
            .is_some_and(|gap| gap.iter().all(|c| matches!(c, ' ' | '\u{A0}')))
    }
}

impl NumberContext {
    /// Interprets the parts around those from `first` to `last`.
    pub fn of(
        parts: &[QuantityPart],
        first: usize,
        last: usize,
        chars: &[char],
        style: &NumberStyle,
    ) -> Result<Self, UnreadReason> {
        let quantities = || parts[first..=last].iter().filter_map(QuantityPart::quantity);
        let centre = Centre {
            parts,
            chars,
            first,
            last,
            is_year: first == last && is_year(&parts[first], chars),
            is_amount: quantities()
                .any(|quantity| quantity.codes.is_some() || quantity.percent || quantity.power != 0),
        };
        let mut around = Self {
            at_least: false,
            at_most: false,
            from: false,
            until: false,
            to: false,
            every: None,
            confidence: confidence::EXACT,
            before: 0,
            after: 0,
            words: 0,
            names_unit: quantities().any(|quantity| quantity.codes.is_some() || quantity.percent),
            unknown: false,
        };
        around.names_unit |= parts[..first].iter().any(|part| topic::names(part, style) == Topic::Subject);
        around.look_after(&centre, style)?;
        around.look_before(&centre, style)?;
        // Accountants write minus as `(500)`.
        if let [only] = &parts[..first]
            && around.words == 0
            && only.other() == Some(&QuantityTokenKind::Sign('('))
        {
            return Err(UnreadReason::Unclear);
        }
        around.check_subject(&centre, style)?;
        around.doubt(match around.words {
            0 => confidence::EXACT,
            1..=3 => confidence::WORDED,
            _ => confidence::BURIED,
        });
        Ok(around)
    }

    /// Returns the characters of the parts from `first` to `last`, including those around them that belong to
    /// the number.
    pub fn span(&self, parts: &[QuantityPart], first: usize, last: usize) -> [usize; 2] {
        [parts[first - self.before].start, parts[last + self.after].end]
    }

    pub fn doubt(&mut self, confidence: f64) {
        self.confidence = self.confidence.min(confidence);
    }

    /// Rejects a number in a sentence about something else: `call me at 5` is no budget.
    fn check_subject(&self, centre: &Centre<'_>, style: &NumberStyle) -> Result<(), UnreadReason> {
        const FEW_WORDS: usize = 3;
        if self.names_unit || centre.is_amount {
            return Ok(());
        }
        let is_unclear = match style.unit {
            Some(Unit::People) => self.unknown || self.words > FEW_WORDS,
            // A number without a currency needs no words, or the word `budget`.
            _ => style.is_money() && self.words > usize::from(self.every.is_some()),
        };
        if is_unclear { Err(UnreadReason::NoSubject) } else { Ok(()) }
    }

    /// Counts a word that the extractor ignores.
    fn ignore(&mut self, part: &QuantityPart) {
        self.words += 1;
        self.unknown |=
            matches!(part.other(), Some(QuantityTokenKind::Word { .. })) && !topic::is_neutral(&part.text);
    }

    fn look_before(&mut self, centre: &Centre<'_>, style: &NumberStyle) -> Result<(), UnreadReason> {
        let before = &centre.parts[..centre.first];
        let (mut near, mut direct) = (true, true);
        let mut right = &centre.parts[centre.first];
        for (distance, part) in before.iter().rev().enumerate() {
            let first = distance + 1 == before.len();
            let touches = direct && centre.touch(part, right);
            right = part;
            match (part.other(), part.role()) {
                (_, Some(NumberModifier::Riddle)) => return Err(UnreadReason::Unclear),
                (_, Some(NumberModifier::Once)) if style.period.is_some() => {
                    return Err(UnreadReason::Rate(part.text.clone()));
                }
                (_, Some(NumberModifier::About)) if near => self.doubt(confidence::APPROXIMATE),
                (_, Some(NumberModifier::AtLeast)) if near => self.at_least = true,
                (_, Some(NumberModifier::AtMost)) if near => self.at_most = true,
                (_, Some(NumberModifier::From)) if near => self.from = true,
                (_, Some(NumberModifier::Until)) if near => self.until = true,
                (_, Some(NumberModifier::To)) if near => self.to = true,
                (_, Some(NumberModifier::Between)) if near => {}
                (_, Some(NumberModifier::Elsewhere | NumberModifier::Founded))
                    if part.text != "est" || centre.is_year =>
                {
                    let is_far = !direct && self.names_unit && !centre.is_year;
                    if !is_far {
                        return Err(UnreadReason::OtherFact(part.text.clone()));
                    }
                    near = false;
                    self.ignore(part);
                }
                (_, Some(NumberModifier::OtherMoney)) if style.is_money() || style.knows_nothing() => {
                    if topic::names(part, style) != Topic::Subject {
                        return Err(UnreadReason::OtherFact(part.text.clone()));
                    }
                    near = false;
                    self.ignore(part);
                }
                (_, Some(NumberModifier::AnotherTime)) if style.unit == Some(Unit::People) => {
                    return Err(UnreadReason::AnotherTime(part.text.clone()));
                }
                (_, Some(NumberModifier::Changing)) => {
                    return Err(UnreadReason::AnotherTime(part.text.clone()));
                }
                (_, Some(NumberModifier::Label)) if direct && !self.names_unit && !centre.is_amount => {
                    if topic::names(part, style) != Topic::Subject {
                        return Err(UnreadReason::Label(part.text.clone()));
                    }
                    near = false;
                    self.ignore(part);
                }
                (_, Some(NumberModifier::Every(period))) if style.is_money() || style.knows_nothing() => {
                    if self.every.is_some_and(|known| known != period) {
                        return Err(UnreadReason::Unclear);
                    }
                    self.every = Some(period);
                    near = false;
                    self.words += 1;
                }
                (_, Some(NumberModifier::Unit(_))) => near = false,
                (_, Some(NumberModifier::Of)) => {
                    if centre.is_year && !self.names_unit && part.text != "of" && part.text != "von" {
                        return Err(UnreadReason::Date);
                    }
                    near = false;
                }
                // A dash between a label and its number does not belong to the number; a dash alone before it
                // might.
                (Some(QuantityTokenKind::Hyphen | QuantityTokenKind::Dash), _) if near && first => {
                    return Err(UnreadReason::Unclear);
                }
                (Some(QuantityTokenKind::Sign('#' | '№' | '/' | '*' | '×' | '^' | '©')), _) if near => {
                    return Err(UnreadReason::Unclear);
                }
                // A dash or colon between a label and its number: `Option: 2`.
                (
                    Some(
                        QuantityTokenKind::Sign(':' | '=')
                        | QuantityTokenKind::Hyphen
                        | QuantityTokenKind::Dash,
                    ),
                    _,
                ) if direct => {
                    near = false;
                    continue;
                }
                (Some(QuantityTokenKind::Word { .. }), _) => {
                    if centre.is_year && direct && topic::is_of_time(&part.text) && !self.names_unit {
                        return Err(UnreadReason::Date);
                    }
                    // An unknown word right before a number names it: `SOC 2`, `Office 365`.
                    if touches
                        && near
                        && !self.names_unit
                        && !centre.is_amount
                        && !topic::is_neutral(&part.text)
                        && topic::names(part, style) == Topic::None
                    {
                        return Err(UnreadReason::Label(part.text.clone()));
                    }
                    near = false;
                    self.ignore(part);
                }
                (_, Some(_)) => (near, self.words) = (false, self.words + 1),
                _ => near = false,
            }
            direct &= near;
            self.before += usize::from(near);
        }
        if centre.is_year && (self.from || self.until) && !self.names_unit {
            return Err(UnreadReason::Date);
        }
        Ok(())
    }

    fn look_after(&mut self, centre: &Centre<'_>, style: &NumberStyle) -> Result<(), UnreadReason> {
        let after = &centre.parts[centre.last + 1..];
        let mut near = true;
        let mut left = &centre.parts[centre.last];
        let says_nothing = |part: &QuantityPart| {
            matches!(part.other(), Some(QuantityTokenKind::Currency { .. } | QuantityTokenKind::Sign(_)))
        };
        let end = after.iter().rposition(|part| !says_nothing(part));
        let mut at = 0;
        while let Some(part) = after.get(at) {
            let last = end.is_none_or(|end| end <= at);
            let is_word = part.text.starts_with(char::is_alphabetic);
            let touches = centre.touch(left, part);
            left = part;
            at += 1;
            match (part.other(), part.role()) {
                (_, Some(NumberModifier::Riddle)) => return Err(UnreadReason::Unclear),
                (_, Some(NumberModifier::Once)) if style.period.is_some() => {
                    return Err(UnreadReason::Rate(part.text.clone()));
                }
                (_, Some(NumberModifier::Unit(unit))) if near => {
                    if style.unit.is_some_and(|wanted| wanted != unit)
                        || !style.currencies.is_empty()
                        || (style.unit.is_none() && unit != Unit::People)
                    {
                        return Err(UnreadReason::Unit(part.text.clone()));
                    }
                    self.names_unit = true;
                    // In `500 employees or more`, the following words can still belong to the number.
                    continue;
                }
                (Some(QuantityTokenKind::Word { .. }), _)
                    if near && topic::names(part, style) == Topic::Subject =>
                {
                    self.names_unit = true;
                    continue;
                }
                (Some(QuantityTokenKind::Plus), _) | (_, Some(NumberModifier::OrMore)) if near => {
                    self.at_least = true
                }
                (_, Some(NumberModifier::OrLess)) if near => self.at_most = true,
                (_, Some(NumberModifier::About)) if near => self.doubt(confidence::APPROXIMATE),
                // Accepts `50 minimum`, but not `50 >`, nor `50 min`, which could mean minutes.
                (_, Some(NumberModifier::AtLeast | NumberModifier::AtMost))
                    if near && (!is_word || part.text == "min") =>
                {
                    return Err(UnreadReason::Unclear);
                }
                (_, Some(NumberModifier::AtLeast)) if near && last => self.at_least = true,
                (_, Some(NumberModifier::AtMost)) if near && last => self.at_most = true,
                (_, Some(NumberModifier::Per)) if near => {
                    let (period, taken) = rate(part, &after[at..])?;
                    self.every = Some(period);
                    at += taken;
                    near = false;
                    self.words += 1;
                    continue;
                }
                // Without a currency, `5 pm` is a time of day.
                (_, Some(NumberModifier::Every(Period::Month)))
                    if near && !centre.is_amount && part.text.starts_with('p') =>
                {
                    return Err(UnreadReason::Unclear);
                }
                (_, Some(NumberModifier::Every(period))) if near => {
                    self.every = Some(period);
                    near = false;
                    self.words += 1;
                    continue;
                }
                // `50 a month` can follow other words, as in `50k for licences per month`.
                (_, Some(NumberModifier::Every(period))) if style.is_money() || style.knows_nothing() => {
                    return Err(UnreadReason::Rate(each(period).into()));
                }
                (_, Some(NumberModifier::Per)) if style.is_money() || style.knows_nothing() => {
                    if rate(part, &after[at..]).is_ok() {
                        return Err(UnreadReason::Rate(part.text.clone()));
                    }
                    self.words += 1;
                }
                (_, Some(NumberModifier::Elsewhere)) if near => {
                    return Err(UnreadReason::OtherFact(part.text.clone()));
                }
                (_, Some(NumberModifier::Founded)) if centre.is_year || near && !self.names_unit => {
                    return Err(UnreadReason::OtherFact(part.text.clone()));
                }
                (_, Some(NumberModifier::OtherMoney)) if style.is_money() || style.knows_nothing() => {
                    if topic::names(part, style) != Topic::Subject {
                        return Err(UnreadReason::OtherFact(part.text.clone()));
                    }
                    (near, self.words) = (false, self.words + 1);
                }
                (_, Some(NumberModifier::AnotherTime)) if style.unit == Some(Unit::People) => {
                    return Err(UnreadReason::AnotherTime(part.text.clone()));
                }
                (_, Some(NumberModifier::Changing)) => {
                    return Err(UnreadReason::AnotherTime(part.text.clone()));
                }
                (Some(QuantityTokenKind::Hyphen | QuantityTokenKind::Dash), _) if near && last => {
                    return Err(UnreadReason::Unclear);
                }
                (Some(QuantityTokenKind::Sign('/' | '*' | '×' | '^' | '°' | '‰' | '¢')), _) if near => {
                    return Err(UnreadReason::Unclear);
                }
                (Some(QuantityTokenKind::Word { .. }), _) => {
                    if near && !self.names_unit {
                        self.word_behind(part, touches, &after[at..], centre, style)?;
                    }
                    near = false;
                    self.ignore(part);
                }
                (_, Some(role)) => {
                    if near && !self.names_unit && !matches!(role, NumberModifier::Once) {
                        self.doubt(confidence::WORD_BEHIND);
                    }
                    (near, self.words) = (false, self.words + 1);
                }
                _ => near = false,
            }
            if near {
                self.after = at;
            }
        }
        Ok(())
    }

    /// Decides whether a word right behind a number names another thing that is counted: `500 customers`.
    fn word_behind(
        &mut self,
        part: &QuantityPart,
        touches: bool,
        rest: &[QuantityPart],
        centre: &Centre<'_>,
        style: &NumberStyle,
    ) -> Result<(), UnreadReason> {
        // The unit can follow its adjectives: `50 highly skilled people`.
        const ADJECTIVES: usize = 3;
        let mut left = part;
        for next in rest.iter().take(ADJECTIVES) {
            let same = centre.touch(left, next);
            match next.role() {
                Some(NumberModifier::Unit(unit)) if same && style.unit == Some(unit) => {
                    self.names_unit = true;
                    return Ok(());
                }
                None if same && matches!(next.other(), Some(QuantityTokenKind::Word { .. })) => left = next,
                _ => break,
            }
        }
        if touches && !centre.is_amount && !topic::is_neutral(&part.text) {
            return Err(UnreadReason::Unit(part.text.clone()));
        }
        self.doubt(confidence::WORD_BEHIND);
        Ok(())
    }
}

/// Reads what follows `per`; returns the span of time and the number of parts that name it.
fn rate(per: &QuantityPart, rest: &[QuantityPart]) -> Result<(Period, usize), UnreadReason> {
    let named = |part: &QuantityPart| format!("{} {}", per.text, part.text);
    let Some(next) = rest.first() else { return Err(UnreadReason::Rate(per.text.clone())) };
    let period = match next.role() {
        Some(NumberModifier::Every(period)) => Some(period),
        Some(NumberModifier::Unit(unit)) => match unit {
            Unit::Hours => Some(Period::Hour),
            Unit::Days => Some(Period::Day),
            Unit::Weeks => Some(Period::Week),
            Unit::Months => Some(Period::Month),
            Unit::Years => Some(Period::Year),
            Unit::People | Unit::Minutes => None,
        },
        _ => topic::period(&next.text),
    };
    period.map(|period| (period, 1)).ok_or_else(|| UnreadReason::Rate(named(next)))
}

/// Returns the words for a rate.
pub(super) fn each(period: Period) -> &'static str {
    match period {
        Period::Hour => "per hour",
        Period::Day => "per day",
        Period::Week => "per week",
        Period::Month => "per month",
        Period::Quarter => "per quarter",
        Period::HalfYear => "per half-year",
        Period::Year => "per year",
    }
}
