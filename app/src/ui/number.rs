//! Numbers for people: thousands separators, no more digits than are significant, in the viewer's format.

use leptos::prelude::use_context;
use store::settings::NumberFormat;

use crate::texts::texts;

/// Returns the separators for thousands and decimals. The format is a Leptos context of the request, because too many places
/// format numbers to pass it to each.
fn signs() -> (char, char) {
    signs_of(use_context::<NumberFormat>().unwrap_or_default())
}

fn signs_of(format: NumberFormat) -> (char, char) {
    match format {
        NumberFormat::Comma => (',', '.'),
        NumberFormat::Dot => ('.', ','),
        NumberFormat::Space => ('\u{a0}', ','),
    }
}

/// Returns an example of a format: `1,234.56`.
pub fn example(format: NumberFormat) -> String {
    let (thousands, point) = signs_of(format);
    format!("1{thousands}234{point}56")
}

/// Formats a whole number with thousands separators: `1,400`.
pub fn count(n: impl Into<i128>) -> String {
    let (thousands, _) = signs();
    let n: i128 = n.into();
    let digits = n.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 1);
    if n < 0 {
        text.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    text
}

/// Formats a number with at most `digits` decimals, without trailing zeros: `1,400.5`.
pub fn decimal(n: f64, digits: usize) -> String {
    if !n.is_finite() {
        return texts().number_not_available();
    }
    let text = format!("{:.digits$}", n.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let whole = whole.parse::<i128>().map_or_else(|_| whole.to_owned(), count);
    let is_zero = whole == "0" && rest.is_empty();
    let sign = if n < 0.0 && !is_zero { "−" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{}{rest}", signs().1) }
}

/// Formats a number with exactly `digits` decimals: `0.88`.
fn fixed(n: f64, digits: usize) -> String {
    format!("{n:.digits$}").replace('.', signs().1.encode_utf8(&mut [0; 4]))
}

/// Formats a share as a percentage with one decimal: `24.8 %`.
pub fn percent(share: f64) -> String {
    if share.is_finite() {
        texts().number_percent(fixed(share * 100.0, 1))
    } else {
        texts().number_not_available()
    }
}

/// Formats a confidence with two decimals: `0.88`. Truncates rather than rounds, since 0.849 must not look like the 0.85 that
/// it failed to reach.
pub fn confidence(confidence: f64) -> String {
    fixed((confidence * 100.0 + 1e-9).floor() / 100.0, 2)
}

/// Formats a duration: `0.8 s`, `14 s`, `3 min`, `2.5 h`, `3.1 days`, `62 days`.
pub fn duration(seconds: f64) -> String {
    const MINUTE: f64 = 60.0;
    const HOUR: f64 = 60.0 * MINUTE;
    const DAY: f64 = 24.0 * HOUR;
    match seconds {
        s if !s.is_finite() => texts().number_not_available(),
        s if s < 0.95 => texts().number_milliseconds(decimal(s * 1000.0, 0)),
        s if s < 10.0 => texts().number_seconds(decimal(s, 1)),
        s if s < 100.0 => texts().number_seconds(decimal(s, 0)),
        s if s < 100.0 * MINUTE => texts().number_minutes(decimal(s / MINUTE, 0)),
        s if s < 2.0 * DAY => texts().number_hours(decimal(s / HOUR, 1)),
        // Rounded as it is shown: 1.04 days are "1 day".
        s if s < 10.0 * DAY => texts().number_days((s / DAY * 10.0).round() / 10.0, decimal(s / DAY, 1)),
        s => texts().number_days((s / DAY).round(), decimal((s / DAY).round(), 0)),
    }
}

/// Formats an amount of money, abbreviated: `€1.92 M`, `$60 k`, `CHF 940`.
pub fn money(amount: f64, currency: &str) -> String {
    // Three digits are significant.
    let short = |scaled: f64| match scaled.abs() {
        n if n < 10.0 => decimal(scaled, 2),
        n if n < 100.0 => decimal(scaled, 1),
        _ => decimal(scaled, 0),
    };
    let figure = match amount.abs() {
        n if n >= 999_500.0 => texts().number_millions(short(amount / 1e6)),
        n if n >= 10_000.0 => texts().number_thousands(short(amount / 1e3)),
        _ => decimal(amount, 0),
    };
    match currency {
        "EUR" => format!("€{figure}"),
        "USD" => format!("${figure}"),
        "GBP" => format!("£{figure}"),
        other => format!("{other}\u{a0}{figure}"),
    }
}

/// Formats a count with its noun: `1 lead`, `2 leads`.
pub fn plural(n: impl Into<i128>, one: &str, many: &str) -> String {
    let n: i128 = n.into();
    format!("{}\u{a0}{}", count(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            ["0", "999", "1,000", "1,234,567", "−1,000"],
            [0, 999, 1000, 1_234_567, -1000].map(count)[..]
        );
        assert_eq!(decimal(1400.50, 2), "1,400.5");
        assert_eq!(decimal(-0.001, 2), "0");
        assert_eq!(decimal(f64::NAN, 2), "n/a");
    }

    #[test]
    fn figures_are_shown_in_the_format_of_the_viewer() {
        use leptos::prelude::{Owner, provide_context};
        let shown = |format: NumberFormat| {
            Owner::new().with(|| {
                provide_context(format);
                [
                    count(1_234_567),
                    decimal(-1_400.5, 2),
                    percent(0.2481),
                    confidence(0.85),
                    money(1_920_000.0, "EUR"),
                ]
            })
        };
        assert_eq!(
            shown(NumberFormat::Comma),
            ["1,234,567", "−1,400.5", "24.8\u{a0}%", "0.85", "€1.92\u{a0}M"]
        );
        assert_eq!(
            shown(NumberFormat::Dot),
            ["1.234.567", "−1.400,5", "24,8\u{a0}%", "0,85", "€1,92\u{a0}M"]
        );
        assert_eq!(
            shown(NumberFormat::Space),
            ["1\u{a0}234\u{a0}567", "−1\u{a0}400,5", "24,8\u{a0}%", "0,85", "€1,92\u{a0}M"]
        );
        assert_eq!([NumberFormat::Comma, NumberFormat::Dot].map(example), ["1,234.56", "1.234,56"]);
    }

    #[test]
    fn a_confidence_never_looks_better_than_it_is() {
        assert_eq!(confidence(0.849), "0.84");
        assert_eq!(confidence(0.85), "0.85");
        assert_eq!(confidence(0.29), "0.29");
        assert_eq!(confidence(1.0), "1.00");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        assert_eq!(duration(86_400.0 * 62.2), "62\u{a0}days");
        let shown = [0.0, 0.3, 0.96, 14.2, 185.0, 9000.0, 86_400.0 * 3.1, f64::NAN].map(duration);
        assert_eq!(
            shown,
            [
                "0\u{a0}ms",
                "300\u{a0}ms",
                "1\u{a0}s",
                "14\u{a0}s",
                "3\u{a0}min",
                "2.5\u{a0}h",
                "3.1\u{a0}days",
                "n/a"
            ]
        );
    }

    #[test]
    fn money_is_short() {
        assert_eq!(money(1_920_000.0, "EUR"), "€1.92\u{a0}M");
        assert_eq!(money(60_000.0, "USD"), "$60\u{a0}k");
        assert_eq!(money(940.0, "CHF"), "CHF\u{a0}940");
    }

    #[test]
    fn one_is_one() {
        assert_eq!(plural(1, "lead", "leads"), "1\u{a0}lead");
        assert_eq!(plural(0, "lead", "leads"), "0\u{a0}leads");
    }
}
