//! The confidence of a reading, 0 to 1, before calibration.
//!
//! If several of these apply to one reading, the lowest one counts: a chain of doubts is as strong as its
//! weakest link, and the figure shows people which one it was.

/// An unmodified value: a JSON value, a whole text, a single number, an enum value by its name.
pub const EXACT: f64 = 0.99;
/// A range with both ends, `51-200`.
pub const CLOSED_RANGE: f64 = 0.97;
/// The whole text is one of the map's words for the value.
pub const SYNONYM: f64 = 0.95;
/// The whole text is an intent phrase.
pub const PHRASE_ALONE: f64 = 0.95;
/// A date without a time of day, which is read as midnight UTC.
pub const DATE_ONLY: f64 = 0.95;
/// An intent phrase in a text whose language is certain.
pub const PHRASE: f64 = 0.9;
/// An approximate number: `~50`, `approx. 50`.
pub const APPROXIMATE: f64 = 0.9;
/// An amount for a year in a field that does not say what its amounts are for.
pub const YEARLY: f64 = 0.95;
/// An amount converted from another span of time, `5k per month` to 60,000 a year.
pub const CONVERTED: f64 = 0.9;
/// Up to three words next to the number that the extractor ignores.
pub const WORDED: f64 = 0.9;
/// The multiplier of one end applies to both, `10-50k`.
pub const SHARED_MULTIPLIER: f64 = 0.9;
/// Words for a single person, `self-employed`.
pub const ONE_PERSON: f64 = 0.9;
/// The map expects a currency and the text names none, or the text names one and the map expects none.
pub const CURRENCY_OPEN: f64 = 0.9;
/// A range with one open end, `1000+` or `under 10`; the value is the other end.
pub const OPEN_RANGE: f64 = 0.8;
/// An unknown word directly after the number, which could change what is counted.
pub const WORD_BEHIND: f64 = 0.8;
/// A word for the value found inside a longer text.
pub const WITHIN_TEXT: f64 = 0.8;
/// An intent phrase in a text of fewer than [`SHORT_WORDS`] words, which is too short to judge the context.
pub const PHRASE_SHORT: f64 = 0.8;
/// No intent phrase in a text whose language is certain.
pub const NOTHING_FOUND: f64 = 0.8;
/// A time without an offset, which is read as UTC.
pub const OFFSET_OPEN: f64 = 0.8;
/// A single separator that marks thousands in some countries and decimals in others, `1.234`; read as
/// thousands. In whole numbers and amounts of money it is unambiguous.
pub const SEPARATOR_OPEN: f64 = 0.75;
/// An intent phrase in a text that also has one about which it says neither yes nor no.
pub const PARTLY_CLEAR: f64 = 0.7;
/// More than three words next to the number.
pub const BURIED: f64 = 0.6;
/// An intent phrase in a text whose language is uncertain.
pub const PHRASE_LANGUAGE_OPEN: f64 = 0.6;
/// A plain number that was read as a time, such as a spreadsheet's `45047.58`.
pub const NUMBER_AS_TIME: f64 = 0.6;
/// Some of the texts were not read, because of their language.
pub const PARTLY_READ: f64 = 0.6;
/// No intent phrase in a text of fewer than [`SHORT_WORDS`] words.
pub const NOTHING_FOUND_SHORT: f64 = 0.6;
/// No intent phrase in a text whose language is uncertain.
pub const NOTHING_FOUND_LANGUAGE_OPEN: f64 = 0.5;
/// A text with characters that cannot be typed on a keyboard.
pub const ODD_TEXT: f64 = 0.5;
/// A text without letters or digits.
pub const NO_WORDS: f64 = 0.3;

/// Texts with fewer words than this are short.
pub const SHORT_WORDS: usize = 5;
/// Texts with at least this many words and an unknown language are not read unless a phrase was found.
pub const LANGUAGE_WORDS: usize = 8;
