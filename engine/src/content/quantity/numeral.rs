//! Reads digits with their separators, in the conventions of several countries: `1,234.56`, `1.234,56`,
//! `1 234,56`, `1'234.50`, `1,00,000`.

use super::decimal::Decimal;
use crate::content::map::DecimalSign;

/// The number that digits were read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numeral {
    pub value: Decimal,
    /// Whether a separator could mark decimals as well as thousands.
    pub open: bool,
}

/// The maximum number of digits; more have no meaning in a form and would not fit.
const MOST_DIGITS: usize = 30;
/// The maximum exponent; larger ones exceed every `f64`.
const LARGEST_EXPONENT: i32 = 400;

/// Returns the digit that a character represents, in scripts with positional decimal digits.
pub(super) fn digit(c: char) -> Option<u8> {
    const ZEROS: [char; 8] =
        ['0', '\u{0660}', '\u{06F0}', '\u{0966}', '\u{09E6}', '\u{0AE6}', '\u{0E50}', '\u{FF10}'];
    ZEROS
        .iter()
        .find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|digit| *digit < 10))
        .map(|digit| digit as u8)
}

/// Reads the digits and separators from `start`, where there is a digit or a decimal point before one. Returns
/// the number, or `None` if no convention matches, and in either case the character after it.
pub(super) fn read(
    chars: &[char],
    start: usize,
    sign: Option<DecimalSign>,
    whole: bool,
) -> (Option<Numeral>, usize) {
    let mut groups = Groups::default();
    let mut at = start;
    if let Some(point) = mark(chars[at]) {
        // For example `.5`.
        groups.all.push((None, Vec::new()));
        groups.all.push((Some(point), Vec::new()));
        at += 1;
    } else {
        groups.all.push((None, Vec::new()));
    }
    while let Some(&c) = chars.get(at) {
        match (digit(c), mark(c)) {
            (Some(digit), _) => groups.push(digit),
            (None, Some(Mark::Space)) if groups.take_space(&chars[at + 1..]) => {
                groups.all.push((Some(Mark::Space), Vec::new()))
            }
            (None, Some(point))
                if point != Mark::Space && chars.get(at + 1).is_some_and(|next| digit(*next).is_some()) =>
            {
                groups.all.push((Some(point), Vec::new()));
            }
            _ => break,
        }
        at += 1;
    }
    let mut numeral = groups.value(sign, whole);
    if let Some((exponent, end)) = exponent(chars, at) {
        numeral = numeral.map(|numeral| Numeral { value: numeral.value.shifted(exponent), ..numeral });
        at = end;
    } else if let Some(end) = no_cents(chars, at) {
        // A sign for missing cents is where decimals would be.
        numeral = numeral.map(|numeral| Numeral { open: false, ..numeral });
        at = end;
    }
    (numeral, at)
}

/// A separator between digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Point,
    Comma,
    /// Apostrophes and the Arabic thousands separator, which never mark decimals.
    Thousands,
    /// The Arabic decimal separator.
    Decimals,
    Space,
}

fn mark(c: char) -> Option<Mark> {
    match c {
        '.' | '．' => Some(Mark::Point),
        ',' | '，' => Some(Mark::Comma),
        '\'' | '’' | '‘' | '´' | '٬' | '˙' => Some(Mark::Thousands),
        '٫' => Some(Mark::Decimals),
        ' ' | '\u{A0}' | '\u{2009}' | '\u{202F}' => Some(Mark::Space),
        _ => None,
    }
}

/// Reads `e6` after digits, the way computers write large numbers.
fn exponent(chars: &[char], at: usize) -> Option<(i32, usize)> {
    if !matches!(chars.get(at), Some('e' | 'E')) {
        return None;
    }
    let negative = chars.get(at + 1) == Some(&'-');
    let first = at + 1 + usize::from(negative || chars.get(at + 1) == Some(&'+'));
    let digits: Vec<i32> =
        chars[first.min(chars.len())..].iter().map_while(|c| digit(*c).map(i32::from)).collect();
    let end = first + digits.len();
    if digits.is_empty() || chars.get(end).is_some_and(|c| c.is_alphanumeric()) {
        return None;
    }
    let size = digits
        .iter()
        .fold(0, |size: i32, digit| size.saturating_mul(10).saturating_add(*digit))
        .min(LARGEST_EXPONENT);
    Some((if negative { -size } else { size }, end))
}

/// Reads `,-`, `.--` or `/-` after a price, which mean that there are no cents.
fn no_cents(chars: &[char], at: usize) -> Option<usize> {
    if !matches!(chars.get(at), Some('.' | ',' | '/')) {
        return None;
    }
    let dashes = chars[at + 1..].iter().take_while(|c| matches!(c, '-' | '–' | '—')).count();
    let end = at + 1 + dashes;
    let free = !chars.get(end).is_some_and(|c| c.is_alphanumeric());
    ((1..=2).contains(&dashes) && free).then_some(end)
}

#[derive(Default)]
struct Groups {
    /// Groups of digits, each with the separator before it.
    all: Vec<(Option<Mark>, Vec<u8>)>,
}

impl Groups {
    fn push(&mut self, digit: u8) {
        if let Some((_, digits)) = self.all.last_mut() {
            digits.push(digit);
        }
    }

    /// Returns whether a space here separates thousands: one to three digits before it, exactly three after it,
    /// and no other separator so far.
    fn take_space(&self, rest: &[char]) -> bool {
        let three = rest.len() >= 3 && rest[..3].iter().all(|c| digit(*c).is_some());
        let no_more = rest.get(3).is_none_or(|c| digit(*c).is_none());
        let size = self.all.last().map_or(0, |(_, digits)| digits.len());
        let fits = if self.all.len() == 1 { (1..=3).contains(&size) } else { size == 3 };
        three && no_more && fits && self.all.iter().skip(1).all(|(mark, _)| *mark == Some(Mark::Space))
    }

    fn value(&self, sign: Option<DecimalSign>, whole: bool) -> Option<Numeral> {
        let marks: Vec<Mark> = self.all.iter().filter_map(|(mark, _)| *mark).collect();
        let decimals = self.decimals(&marks, sign)?;
        let thousands = if decimals { marks.len() - 1 } else { marks.len() };
        if thousands > 0
            && !(marks[..thousands].windows(2).all(|pair| pair[0] == pair[1]) && self.is_grouped(thousands))
        {
            return None;
        }
        let integer: Vec<u8> =
            self.all[..=thousands].iter().flat_map(|(_, digits)| digits).copied().collect();
        // `007` is a label, not an amount.
        if integer.len() > 1 && integer[0] == 0 {
            return None;
        }
        let fraction: &[u8] = if decimals { &self.all[marks.len()].1 } else { &[] };
        if integer.len() + fraction.len() > MOST_DIGITS {
            return None;
        }
        let digits = integer.iter().chain(fraction).fold(0, |sum: u128, digit| sum * 10 + u128::from(*digit));
        let exponent = -i32::try_from(fraction.len()).ok()?;
        // With a single separator, a point or comma could mark decimals, and a space could separate two
        // numbers.
        let open = thousands == 1 && !decimals && matches!(marks[0], Mark::Point | Mark::Comma | Mark::Space);
        let certain = whole && marks.first() != Some(&Mark::Space) || sign.is_some();
        Some(Numeral { value: Decimal { negative: false, digits, exponent }, open: open && !certain })
    }

    /// Returns whether the last separator marks decimals; `None` if it can mark neither decimals nor thousands.
    fn decimals(&self, marks: &[Mark], sign: Option<DecimalSign>) -> Option<bool> {
        let Some((last, earlier)) = marks.split_last() else { return Some(false) };
        let may = match last {
            Mark::Thousands | Mark::Space => return Some(false),
            Mark::Decimals => return Some(true),
            Mark::Point => sign != Some(DecimalSign::Comma),
            Mark::Comma => sign != Some(DecimalSign::Point),
        };
        let first = &self.all[0].1;
        match (earlier.is_empty(), earlier.contains(last)) {
            // For example `1.234.567`.
            (_, true) => Some(false),
            // For example `1.234,56`.
            (false, false) => may.then_some(true),
            (true, _) if sign.is_some() => Some(may),
            // `1.234` is read as thousands; `0.125`, `1234.567` and `.5` are not.
            (true, _) => {
                let thousands = (1..=3).contains(&first.len()) && first != &[0] && self.all[1].1.len() == 3;
                Some(!thousands)
            }
        }
    }

    /// Returns whether the groups up to `last` have the sizes of thousands or lakhs.
    fn is_grouped(&self, last: usize) -> bool {
        let sizes: Vec<usize> = self.all[..=last].iter().map(|(_, digits)| digits.len()).collect();
        let western = (1..=3).contains(&sizes[0]) && sizes[1..].iter().all(|size| *size == 3);
        let indian =
            (1..=2).contains(&sizes[0]) && sizes[last] == 3 && sizes[1..last].iter().all(|size| *size == 2);
        western || indian
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(text: &str, sign: Option<DecimalSign>, whole: bool) -> (Option<(f64, bool)>, String) {
        let chars: Vec<char> = text.chars().collect();
        let (numeral, end) = read(&chars, 0, sign, whole);
        (
            numeral.map(|numeral| (numeral.value.to_f64().unwrap(), numeral.open)),
            chars[end..].iter().collect(),
        )
    }

    #[test]
    fn conventions() {
        for (text, value) in [
            ("5", 5.0),
            ("1234", 1_234.0),
            ("1,234.56", 1_234.56),
            ("1.234,56", 1_234.56),
            ("1 234,56", 1_234.56),
            ("1\u{A0}234\u{A0}567,8", 1_234_567.8),
            ("1\u{202F}234\u{202F}567", 1_234_567.0),
            ("1'234.50", 1_234.5),
            ("1’234’567", 1_234_567.0),
            ("1'234", 1_234.0),
            ("1,00,000", 100_000.0),
            ("12,34,56,789", 123_456_789.0),
            ("1,00,000.50", 100_000.5),
            ("1,234,567", 1_234_567.0),
            ("1.234.567", 1_234_567.0),
            ("1.234.567,89", 1_234_567.89),
            ("1234,5", 1_234.5),
            ("1234.567", 1_234.567),
            ("12.5", 12.5),
            ("12,5", 12.5),
            ("0.125", 0.125),
            ("0,125", 0.125),
            (".5", 0.5),
            ("1.2345", 1.2345),
            ("1e6", 1_000_000.0),
            ("1.5E+3", 1_500.0),
            ("5e-3", 0.005),
            ("1.000,-", 1_000.0),
            ("500,--", 500.0),
            ("50,000/-", 50_000.0),
            ("0", 0.0),
            ("١٬٢٣٤٫٥", 1_234.5),
            ("१२३", 123.0),
            ("１２３", 123.0),
        ] {
            let (read, rest) = read_all(text, None, false);
            assert_eq!((read, rest.as_str()), (Some((value, false)), ""), "{text}");
        }
    }

    #[test]
    fn one_separator_can_be_either() {
        for text in ["1,234", "1.234", "1 234", "12.345"] {
            assert!(read_all(text, None, false).0.unwrap().1, "{text}");
        }
        assert_eq!(read_all("1.234", None, true).0, Some((1_234.0, false)));
        assert_eq!(read_all("1 234", None, true).0, Some((1_234.0, true)));
        assert_eq!(read_all("1.234", Some(DecimalSign::Point), false).0, Some((1.234, false)));
        assert_eq!(read_all("1.234", Some(DecimalSign::Comma), false).0, Some((1_234.0, false)));
        assert_eq!(read_all("1,234", Some(DecimalSign::Comma), false).0, Some((1.234, false)));
        assert_eq!(read_all("1.234,5", Some(DecimalSign::Point), false).0, None);
        assert_eq!(read_all("1,5", Some(DecimalSign::Point), false).0, None);
    }

    #[test]
    fn numbers_that_match_no_convention() {
        for text in [
            "12.05.2024",
            "192.168.1.10",
            "1,23,4",
            "1,234.567.890",
            "12,34",
            "1.2.3",
            "007",
            "00",
            "1'23",
            "1.234'567",
        ] {
            let expected = if text == "12,34" { Some((12.34, false)) } else { None };
            assert_eq!(read_all(text, None, false).0, expected, "{text}");
        }
        assert_eq!(read_all(&"9".repeat(31), None, false).0, None);
    }

    #[test]
    fn a_number_ends_where_it_ends() {
        for (text, value, rest) in [
            ("5, 6", 5.0, ", 6"),
            ("5. ", 5.0, ". "),
            ("50 200", 50_200.0, ""),
            ("50 2000", 50.0, " 2000"),
            ("2024 100", 2_024.0, " 100"),
            ("5em", 5.0, "em"),
            ("51..200", 51.0, "..200"),
            ("5,-6", 5.0, ",-6"),
        ] {
            let (read, left) = read_all(text, None, true);
            assert_eq!((read.map(|(value, _)| value), left.as_str()), (Some(value), rest), "{text}");
        }
    }
}
