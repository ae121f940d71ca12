//! How sure a reading is, 0 to 1, before calibration.
//!
//! Where several of these apply to one reading, the smallest counts: a chain of doubts is as strong as its
//! weakest link, and a person can tell from the figure which one it was.

/// A value as it stands: a JSON value, a whole text, a lone number, an enum's value by its name.
pub const EXACT: f64 = 0.99;
/// Both ends of a range are there, `51-200`.
pub const CLOSED_RANGE: f64 = 0.97;
/// The whole text is one of the map's own words for the value.
pub const SYNONYM: f64 = 0.95;
/// The whole text is an intent phrase.
pub const PHRASE_ALONE: f64 = 0.95;
/// A date without a time of day; it is taken as midnight UTC.
pub const DATE_ONLY: f64 = 0.95;
/// An intent phrase in a text whose language is known for certain.
pub const PHRASE: f64 = 0.9;
/// The number is said to be about right: `~50`, `approx. 50`.
pub const APPROXIMATE: f64 = 0.9;
/// Up to three words beside the number that say nothing to the extractor.
pub const WORDED: f64 = 0.9;
/// The multiplier of one end was taken for the other too, `10-50k`.
pub const SHARED_MULTIPLIER: f64 = 0.9;
/// Words that mean one person, `self-employed`.
pub const ONE_PERSON: f64 = 0.9;
/// The map asks for a currency and none is named, or one is named and the map does not say which it wants.
pub const CURRENCY_OPEN: f64 = 0.9;
/// One end of a range is open, `1000+` or `under 10`; the other end is the value.
pub const OPEN_RANGE: f64 = 0.8;
/// A word that the extractor does not know right behind the number; it may change what is counted.
pub const WORD_BEHIND: f64 = 0.8;
/// A value's word was found inside a longer text.
pub const WITHIN_TEXT: f64 = 0.8;
/// An intent phrase in a text of fewer than [`SHORT_WORDS`] words: too little to see how it was meant.
pub const PHRASE_SHORT: f64 = 0.8;
/// No intent phrase in a text whose language is known for certain.
pub const NOTHING_FOUND: f64 = 0.8;
/// A time without an offset; it is taken as UTC.
pub const OFFSET_OPEN: f64 = 0.8;
/// One separator that marks thousands in one country and decimals in the next, `1.234`; read as thousands. In
/// whole numbers and amounts of money it leaves no doubt.
pub const SEPARATOR_OPEN: f64 = 0.75;
/// Only the beginning of a long text was read.
pub const CUT: f64 = 0.7;
/// More than three words beside the number.
pub const BURIED: f64 = 0.6;
/// The number is one of something, `5k per month`.
pub const RATE: f64 = 0.6;
/// An intent phrase in a text whose language could not be told.
pub const PHRASE_LANGUAGE_OPEN: f64 = 0.6;
/// Some of the texts were not read, because of their language.
pub const PARTLY_READ: f64 = 0.6;
/// No intent phrase in a text of fewer than [`SHORT_WORDS`] words.
pub const NOTHING_FOUND_SHORT: f64 = 0.6;
/// No intent phrase in a text whose language could not be told.
pub const NOTHING_FOUND_LANGUAGE_OPEN: f64 = 0.5;
/// A text with characters that no keyboard writes.
pub const ODD_TEXT: f64 = 0.5;
/// A text without a letter or digit.
pub const NO_WORDS: f64 = 0.3;

/// Words below which a text is short.
pub const SHORT_WORDS: usize = 5;
/// Words from which a text whose language cannot be told is not read if nothing was found in it.
pub const LANGUAGE_WORDS: usize = 8;
