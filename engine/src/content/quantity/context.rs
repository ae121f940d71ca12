//! Interprets the words around a number or range.

use super::NumberStyle;
use super::lex::QuantityTokenKind;
use super::lexicon::NumberModifier;
use super::parts::QuantityPart;
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
    pub confidence: f64,
    /// The number of parts directly before and after that belong to it.
    before: usize,
    after: usize,
    /// The number of words that the extractor ignores.
    words: usize,
}

impl NumberContext {
    /// Interprets the parts around those from `first` to `last`.
    pub fn of(
        parts: &[QuantityPart],
        first: usize,
        last: usize,
        style: &NumberStyle,
    ) -> Result<Self, UnreadReason> {
        let (before, after) = (&parts[..first], &parts[last + 1..]);
        let names_unit =
            parts[last].quantity().is_some_and(|quantity| quantity.codes.is_some() || quantity.percent);
        let mut around = Self {
            at_least: false,
            at_most: false,
            from: false,
            until: false,
            confidence: confidence::EXACT,
            before: 0,
            after: 0,
            words: 0,
        };
        around.look_before(before)?;
        around.look_after(after, style, names_unit)?;
        // Accountants write minus as `(500)`.
        if let [only] = before
            && around.words == 0
            && only.other() == Some(&QuantityTokenKind::Sign('('))
        {
            return Err(UnreadReason::Unclear);
        }
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

    fn doubt(&mut self, confidence: f64) {
        self.confidence = self.confidence.min(confidence);
    }

    fn look_before(&mut self, before: &[QuantityPart]) -> Result<(), UnreadReason> {
        let mut near = true;
        for (distance, part) in before.iter().rev().enumerate() {
            let first = distance + 1 == before.len();
            match (part.other(), part.role()) {
                (_, Some(NumberModifier::Riddle)) => return Err(UnreadReason::Unclear),
                (_, Some(NumberModifier::About)) if near => self.doubt(confidence::APPROXIMATE),
                (_, Some(NumberModifier::AtLeast)) if near => self.at_least = true,
                (_, Some(NumberModifier::AtMost)) if near => self.at_most = true,
                (_, Some(NumberModifier::From)) if near => self.from = true,
                (_, Some(NumberModifier::Until)) if near => self.until = true,
                (_, Some(NumberModifier::Between)) if near => {}
                (_, Some(NumberModifier::Unit(_) | NumberModifier::Of)) => near = false,
                // A dash between a label and its number does not belong to the number; a dash alone before it
                // might.
                (Some(QuantityTokenKind::Hyphen | QuantityTokenKind::Dash), _) if near && first => {
                    return Err(UnreadReason::Unclear);
                }
                (Some(QuantityTokenKind::Sign('#' | '№' | '/' | '*' | '×' | '^')), _) if near => {
                    return Err(UnreadReason::Unclear);
                }
                (Some(QuantityTokenKind::Word { .. }), _) | (_, Some(_)) => {
                    (near, self.words) = (false, self.words + 1)
                }
                _ => near = false,
            }
            self.before += usize::from(near);
        }
        Ok(())
    }

    fn look_after(
        &mut self,
        after: &[QuantityPart],
        style: &NumberStyle,
        mut names_unit: bool,
    ) -> Result<(), UnreadReason> {
        let mut near = true;
        let says_nothing = |part: &QuantityPart| {
            matches!(part.other(), Some(QuantityTokenKind::Currency { .. } | QuantityTokenKind::Sign(_)))
        };
        let end = after.iter().rposition(|part| !says_nothing(part));
        for (at, part) in after.iter().enumerate() {
            let last = end.is_none_or(|end| end <= at);
            let is_word = part.text.starts_with(char::is_alphabetic);
            match (part.other(), part.role()) {
                (_, Some(NumberModifier::Riddle)) => return Err(UnreadReason::Unclear),
                (_, Some(NumberModifier::Unit(unit))) if near => {
                    if style.unit.is_some_and(|wanted| wanted != unit) || !style.currencies.is_empty() {
                        return Err(UnreadReason::Unit(part.text.clone()));
                    }
                    names_unit = true;
                    // In `500 employees or more`, the following words can still belong to the number.
                    continue;
                }
                (Some(QuantityTokenKind::Word { .. }), _)
                    if near && style.unit_words.contains(&part.text) =>
                {
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
                (_, Some(NumberModifier::Per)) => {
                    self.doubt(confidence::RATE);
                    near = false;
                }
                (Some(QuantityTokenKind::Hyphen | QuantityTokenKind::Dash), _) if near && last => {
                    return Err(UnreadReason::Unclear);
                }
                (Some(QuantityTokenKind::Sign('/' | '*' | '×' | '^' | '°' | '‰' | '¢')), _) if near => {
                    return Err(UnreadReason::Unclear);
                }
                (Some(QuantityTokenKind::Word { .. }), _) | (_, Some(_)) => {
                    if near && !names_unit {
                        self.doubt(confidence::WORD_BEHIND);
                    }
                    (near, self.words) = (false, self.words + 1);
                }
                _ => near = false,
            }
            if near {
                self.after = at + 1;
            }
        }
        Ok(())
    }
}
