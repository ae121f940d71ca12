//! Single cells: numbers with a decimal comma, and texts that a spreadsheet would take for a formula.

/// Converts a number with a decimal comma to one with a decimal point: `1.234,5` becomes `1234.5`. Returns `None` for
/// anything else.
pub fn decimal_point(text: &str) -> Option<String> {
    let text = text.trim();
    let (whole, fraction) = text.rsplit_once(',')?;
    let digits = whole.strip_prefix(['-', '+']).unwrap_or(whole);
    let is_number = is_grouped(digits, '.') || is_digits(digits);
    (is_number && is_digits(fraction)).then(|| format!("{}.{fraction}", whole.replace('.', "")))
}

/// Rewrites a number such as `1,234`, which in a file with decimal commas is a little more than one, so that it cannot be taken
/// for thousands. Returns `None` for any other text, which reads the same everywhere.
pub fn with_clear_comma(text: &str) -> Option<String> {
    let digits = text.trim().trim_start_matches(['-', '+']);
    let is_open = is_grouped(digits, ',') && digits.matches(',').count() == 1;
    if is_open { decimal_point(text).map(|point| format!("{point}0")) } else { None }
}

/// Returns whether a text can only be a number with a decimal comma.
pub(super) fn has_decimal_comma(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    decimal_point(text).is_some() && !is_grouped(digits, ',')
}

/// Returns whether a text can only be a number with a decimal point.
pub(super) fn has_decimal_point(text: &str) -> bool {
    let digits = text.trim().trim_start_matches(['-', '+']);
    let Some((whole, fraction)) = digits.rsplit_once('.') else { return false };
    (is_digits(whole) || is_grouped(whole, ',')) && is_digits(fraction) && !is_grouped(digits, '.')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a text is a number with thousands separators, such as `1.234.567`.
fn is_grouped(text: &str, separator: char) -> bool {
    let mut groups = text.split(separator);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    first.len() <= 3
        && is_digits(first)
        && !first.starts_with('0')
        && !rest.is_empty()
        && rest.iter().all(|group| group.len() == 3 && is_digits(group))
}

/// Escapes a cell so that no spreadsheet evaluates it or a part of it (OWASP, CSV Injection), whether the file is opened with
/// commas, semicolons, tabs or vertical bars between its cells. Numbers stay numbers.
pub fn harmless(cell: &str) -> String {
    if cell.parse::<f64>().is_ok_and(f64::is_finite) {
        return cell.to_owned();
    }
    let mut safe = String::with_capacity(cell.len() + 1);
    // Whether a cell could begin here.
    let mut is_start = true;
    for letter in cell.chars() {
        if is_start && matches!(letter, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') {
            safe.push('\'');
        }
        // Tabs and line ends at the start of a cell are read as part of a formula.
        if safe.is_empty() && matches!(letter, '\t' | '\r' | '\n') {
            safe.push('\'');
        }
        is_start = match letter {
            ',' | ';' | '\t' | '|' | '\r' | '\n' => true,
            '"' | '\'' => is_start,
            letter => is_start && letter.is_whitespace(),
        };
        safe.push(letter);
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_commas_become_points() {
        for (text, point) in [
            ("0,9", "0.9"),
            ("-1.234,5", "-1234.5"),
            (" 12,50 ", "12.50"),
            ("1.234.567,0", "1234567.0"),
            ("1,234", "1.234"),
        ] {
            assert_eq!(decimal_point(text).as_deref(), Some(point), "{text}");
        }
        for other in ["", "12", "1.5", "1,2,3", "a,5", ",5", "5,", "12.34,5", "1, 5"] {
            assert_eq!(decimal_point(other), None, "{other}");
        }
        assert_eq!(with_clear_comma("1,234").as_deref(), Some("1.2340"));
        assert_eq!(
            (with_clear_comma("0,914"), with_clear_comma("1,5"), with_clear_comma("a,123")),
            (None, None, None)
        );
        assert!(has_decimal_comma("0,914") && has_decimal_comma("1,5") && has_decimal_comma("1.234,5"));
        assert!(!has_decimal_comma("1,234") && !has_decimal_comma("1,234,567") && !has_decimal_comma("1.5"));
        assert!(has_decimal_point("1.5") && has_decimal_point("1,234.5") && has_decimal_point("0.125"));
        assert!(!has_decimal_point("1.234") && !has_decimal_point("01.05.2023") && !has_decimal_point("1,5"));
    }

    #[test]
    fn a_cell_is_no_formula() {
        for formula in
            ["=1+1", "+1+1", "-1+1", "@x", "\t=1", "\r=1", "\n=1", "+49 170 1", "-", "-inf", "+NaN", "＝1"]
        {
            let safe = harmless(formula);
            assert!(safe.starts_with('\''), "{safe}");
        }
        for number in ["-1", "+1", "-0.5", "-1e5", "7"] {
            assert_eq!(harmless(number), number);
        }
        for text in ["a=1", "Acme; Ltd", "a-b", "ana@x.example", "O'Brien", "a\nb"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn no_part_of_a_cell_is_a_formula_under_another_delimiter() {
        assert_eq!(harmless("Acme;=1+1"), "Acme;'=1+1");
        assert_eq!(harmless("Acme, -1+1"), "Acme, '-1+1");
        for delimiter in [',', ';', '\t', '|', '\n', '\r'] {
            for between in ["", " ", "\"", " \"", "'\""] {
                for start in ['=', '+', '-', '@'] {
                    let safe = harmless(&format!("Acme{delimiter}{between}{start}cmd|x"));
                    for part in safe.split([',', ';', '\t', '|', '\n', '\r']) {
                        let part = part.trim_start_matches(['"', ' ']);
                        assert!(!part.starts_with(['=', '+', '-', '@']), "{safe:?}");
                    }
                }
            }
        }
    }
}
