//! Interprets the words around a number or range.

use super::Style;
use super::lex::Kind;
use super::lexicon::Role;
use super::parts::Part;
use crate::content::confidence;
use crate::content::why::Why;

/// The context of a number or range.
#[derive(Debug)]
pub(super) struct Around {
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

impl Around {
    /// Interprets the parts around those from `first` to `last`.
    pub fn of(parts: &[Part], first: usize, last: usize, style: &Style) -> Result<Self, Why> {
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
            && only.other() == Some(&Kind::Sign('('))
        {
            return Err(Why::Unclear);
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
    pub fn span(&self, parts: &[Part], first: usize, last: usize) -> [usize; 2] {
        [parts[first - self.before].start, parts[last + self.after].end]
    }

    fn doubt(&mut self, confidence: f64) {
        self.confidence = self.confidence.min(confidence);
    }

    fn look_before(&mut self, before: &[Part]) -> Result<(), Why> {
        let mut near = true;
        for (distance, part) in before.iter().rev().enumerate() {
            let first = distance + 1 == before.len();
            match (part.other(), part.role()) {
                (_, Some(Role::Riddle)) => return Err(Why::Unclear),
                (_, Some(Role::About)) if near => self.doubt(confidence::APPROXIMATE),
                (_, Some(Role::AtLeast)) if near => self.at_least = true,
                (_, Some(Role::AtMost)) if near => self.at_most = true,
                (_, Some(Role::From)) if near => self.from = true,
                (_, Some(Role::Until)) if near => self.until = true,
                (_, Some(Role::Between)) if near => {}
                (_, Some(Role::Unit(_) | Role::Of)) => near = false,
                // A dash between a label and its number does not belong to the number; a dash alone before it
                // might.
                (Some(Kind::Hyphen | Kind::Dash), _) if near && first => return Err(Why::Unclear),
                (Some(Kind::Sign('#' | '№' | '/' | '*' | '×' | '^')), _) if near => {
                    return Err(Why::Unclear);
                }
                (Some(Kind::Word { .. }), _) | (_, Some(_)) => (near, self.words) = (false, self.words + 1),
                _ => near = false,
            }
            self.before += usize::from(near);
        }
        Ok(())
    }

    fn look_after(&mut self, after: &[Part], style: &Style, mut names_unit: bool) -> Result<(), Why> {
        let mut near = true;
        let says_nothing = |part: &Part| matches!(part.other(), Some(Kind::Currency { .. } | Kind::Sign(_)));
        let end = after.iter().rposition(|part| !says_nothing(part));
        for (at, part) in after.iter().enumerate() {
            let last = end.is_none_or(|end| end <= at);
            let is_word = part.text.starts_with(char::is_alphabetic);
            match (part.other(), part.role()) {
                (_, Some(Role::Riddle)) => return Err(Why::Unclear),
                (_, Some(Role::Unit(unit))) if near => {
                    if style.unit.is_some_and(|wanted| wanted != unit) || !style.currencies.is_empty() {
                        return Err(Why::Unit(part.text.clone()));
                    }
                    names_unit = true;
                    // In `500 employees or more`, the following words can still belong to the number.
                    continue;
                }
                (Some(Kind::Word { .. }), _) if near && style.unit_words.contains(&part.text) => continue,
                (Some(Kind::Plus), _) | (_, Some(Role::OrMore)) if near => self.at_least = true,
                (_, Some(Role::OrLess)) if near => self.at_most = true,
                (_, Some(Role::About)) if near => self.doubt(confidence::APPROXIMATE),
                // Accepts `50 minimum`, but not `50 >`, nor `50 min`, which could mean minutes.
                (_, Some(Role::AtLeast | Role::AtMost)) if near && (!is_word || part.text == "min") => {
                    return Err(Why::Unclear);
                }
                (_, Some(Role::AtLeast)) if near && last => self.at_least = true,
                (_, Some(Role::AtMost)) if near && last => self.at_most = true,
                (_, Some(Role::Per)) => {
                    self.doubt(confidence::RATE);
                    near = false;
                }
                (Some(Kind::Hyphen | Kind::Dash), _) if near && last => return Err(Why::Unclear),
                (Some(Kind::Sign('/' | '*' | '×' | '^' | '°' | '‰' | '¢')), _) if near => {
                    return Err(Why::Unclear);
                }
                (Some(Kind::Word { .. }), _) | (_, Some(_)) => {
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
