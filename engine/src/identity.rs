//! How people and companies are named: e-mail addresses, ids of other systems, and names as they are shown.
//!
//! Every way in normalizes here: events, batches, imports, outcomes and look-ups.

use percent_encoding::percent_decode_str;
use unicode_normalization::UnicodeNormalization as _;

use crate::limits;

/// Returns whether a character is invisible: zero-width, a byte order mark, a control of the text's direction, or a tag.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Normalizes an e-mail address, so that all spellings of one address are equal; returns `None` if it is not a valid address.
///
/// Case, invisible characters, angle brackets with a name before them, `mailto:` and punctuation around the address make no
/// difference, and neither does the spelling of an internationalized domain. Dots and plus signs are kept, since their meaning
/// depends on the provider.
pub fn normal_email(text: &str) -> Option<String> {
    if text.len() > 4 * limits::EMAIL_CHARS || text.contains('\0') {
        return None;
    }
    let visible = |text: &str| text.nfkc().filter(|letter| !is_invisible(*letter)).collect::<String>();
    let mut address = visible(text);
    // Each round takes away one wrapping, so that this ends.
    loop {
        let unwrapped = unwrapped(&address);
        let next = match without_scheme(&unwrapped) {
            // The address of a link may hold any character, percent-encoded.
            Some(link) => {
                let link = link.split(['?', '#']).next().unwrap_or_default();
                visible(&percent_decode_str(link).decode_utf8().ok()?)
            }
            None => unwrapped,
        };
        if next == address {
            break;
        }
        address = next;
    }
    let (local, domain) = address.rsplit_once('@')?;
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| {
                c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | ',' | ';')
            })
    };
    let domain = ascii_domain(domain)?;
    let local: String = local.to_lowercase().nfkc().collect();
    let fits = is_plain(&local) && is_plain(&domain) && !domain.starts_with('.') && !domain.ends_with('.');
    let address = format!("{local}@{domain}");
    (fits && address.chars().count() <= limits::EMAIL_CHARS).then_some(address)
}

/// Removes what stands around an address: a name with angle brackets, quotes, and punctuation.
fn unwrapped(text: &str) -> String {
    let text = text
        .trim()
        .trim_end_matches([',', ';', '.', ':', '。', '、', '｡'])
        .trim_start_matches([',', ';'])
        .trim();
    if let Some(open) = text.rfind('<')
        && let Some(inner) = text[open + 1..].strip_suffix('>')
    {
        return inner.trim().to_owned();
    }
    for (open, close) in
        [('"', '"'), ('\'', '\''), ('(', ')'), ('[', ']'), ('`', '`'), ('“', '”'), ('‘', '’'), ('«', '»')]
    {
        if let Some(inner) = text.strip_prefix(open).and_then(|text| text.strip_suffix(close)) {
            return inner.trim().to_owned();
        }
    }
    text.to_owned()
}

fn without_scheme(text: &str) -> Option<&str> {
    const SCHEME: &str = "mailto:";
    let scheme = text.get(..SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| text[SCHEME.len()..].trim_start_matches('/'))
}

/// Returns a domain in ASCII (UTS 46), in lower case. A domain that is no valid international one stays as it is if it is ASCII.
fn ascii_domain(domain: &str) -> Option<String> {
    let domain = domain.trim_end_matches(['.', '。', '｡', '．']);
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::EMPTY);
    match ascii {
        Ok(ascii) => Some(ascii.into_owned()),
        Err(_) => domain.is_ascii().then(|| domain.to_ascii_lowercase()),
    }
}

/// Trims an address and converts it to lower case, as all addresses were compared once; returns `None` if it is not valid.
/// People sign in by it, and leads that were identified before are found by it.
pub fn plain_email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (local, domain) = text.rsplit_once('@')?;
    let plain = |part: &str| {
        !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    let fits = text.len() <= limits::EMAIL_CHARS
        && plain(local)
        && plain(domain)
        && !domain.starts_with('.')
        && !domain.ends_with('.');
    fits.then_some(text)
}

/// Returns the address that a person signs in with and gets letters at, or `None` if it is not valid. Stricter than [`plain_email`],
/// which also reads what programs send about leads: these characters separate addresses in the header of a letter.
pub fn sign_in_email(text: &str) -> Option<String> {
    plain_email(text).filter(|email| !email.contains(['<', '>', ',', ';', '"']))
}

/// Returns whether a person's name has no control characters: no line breaks, and nothing that changes the direction of the text
/// after it (Unicode Standard Annex #9).
pub fn is_plain_name(text: &str) -> bool {
    let is_control = |c: char| {
        c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    !text.contains(is_control)
}

/// Why a text is no id of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoId {
    /// A placeholder of a program or a spreadsheet, such as `undefined` or `N/A`, which many people share.
    Placeholder,
    /// A number that a spreadsheet rounded, such as `1.23457E+18`, which may be any of many ids.
    Rounded,
}

impl NoId {
    /// Returns the reason as a sentence.
    pub fn sentence(self, id: &str) -> String {
        match self {
            Self::Placeholder => format!("`{id}` is a placeholder, so it is not used as an ID."),
            Self::Rounded => format!(
                "`{id}` is a number that a spreadsheet rounded, so it is not used as an ID: several people could have it. Export the column as text."
            ),
        }
    }
}

/// Texts that programs write where there is no id.
const PLACEHOLDERS: &[&str] = &[
    "undefined",
    "null",
    "(null)",
    "<null>",
    "\\n",
    "nil",
    "none",
    "(none)",
    "nan",
    "infinity",
    "n/a",
    "n.a.",
    "na",
    "#n/a",
    "n/v",
    "not available",
    "not applicable",
    "not set",
    "(not set)",
    "(not provided)",
    "unknown",
    "(unknown)",
    "empty",
    "(empty)",
    "blank",
    "(blank)",
    "missing",
    "tbd",
    "#null!",
    "#ref!",
    "#value!",
    "#name?",
    "#num!",
    "#div/0!",
    "#error!",
    "#getting_data",
    "true",
    "false",
    "k.a.",
    "keine angabe",
    "[object object]",
    "[object undefined]",
    "[object null]",
    "no id",
    "anonymous",
];

/// Returns the trimmed id of a person in another system, or `None` if there is none.
///
/// # Errors
/// Returns why the text is no id of one person.
pub fn external_id(text: &str) -> Result<Option<&str>, NoId> {
    let id = text.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter));
    if id.is_empty() {
        return Ok(None);
    }
    let lower = id.to_lowercase();
    let lower = lower.trim_matches(['"', '\'']).trim();
    let has_word = lower.chars().any(char::is_alphanumeric);
    let is_nil = lower.trim_matches(['{', '}']) == "00000000-0000-0000-0000-000000000000";
    let is_zero = is_nil || lower.chars().all(|c| matches!(c, '0' | '.'));
    let is_template = ["{{", "${", "<%", "[[", "%%"].iter().any(|open| lower.starts_with(open));
    if !has_word || is_zero || is_template || PLACEHOLDERS.contains(&lower) {
        return Err(NoId::Placeholder);
    }
    if is_rounded(lower) { Err(NoId::Rounded) } else { Ok(Some(id)) }
}

/// Returns whether a text is a number in scientific notation, such as `1.23457E+18` or `1,23E+11`. A short one without a sign or
/// a fraction, such as `12e5`, is an id.
fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once('e') else { return false };
    let mantissa = mantissa.strip_prefix(['-', '+']).unwrap_or(mantissa);
    let (whole, fraction) = mantissa.split_once(['.', ',']).map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (sign, digits) = match exponent.strip_prefix(['+', '-']) {
        Some(digits) => (true, digits),
        None => (false, exponent),
    };
    is_digits(whole) && fraction.is_none_or(is_digits) && is_digits(digits) && (sign || fraction.is_some())
}

/// Returns a name as it is kept and shown: white space folded, without invisible characters and controls of the text's direction.
/// Returns `None` if nothing visible is left.
pub fn display_text(text: &str) -> Option<String> {
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut is_after_word = false;
    while let Some(letter) = letters.next() {
        // Joiners belong to words of some scripts, and to emoji.
        if matches!(letter, '\u{200c}' | '\u{200d}') {
            let is_inside = is_after_word && letters.peek().is_some_and(|next| is_visible(*next));
            if is_inside {
                shown.push(letter);
            }
        } else if letter.is_whitespace() || letter.is_control() {
            if !shown.is_empty() && !shown.ends_with(' ') {
                shown.push(' ');
            }
            is_after_word = false;
        } else if !is_invisible(letter) {
            shown.push(letter);
            is_after_word = true;
        }
    }
    // What was removed may have kept two characters apart that are one.
    let shown: String = shown.trim_end().nfc().collect();
    shown.chars().any(is_visible).then_some(shown)
}

fn is_visible(letter: char) -> bool {
    !letter.is_whitespace()
        && !letter.is_control()
        && !is_invisible(letter)
        && !unicode_normalization::char::is_combining_mark(letter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_addresses_of_people_have_nothing_that_a_letter_could_misread() {
        assert_eq!(sign_in_email(" Ana@Acme.example"), Some("ana@acme.example".into()));
        for address in [
            "a@b.example>",
            "<a@b.example",
            "a,b@c.example",
            "a;b@c.example",
            "\"a\"@b.example",
            "a@b\r\nBcc: x",
        ] {
            assert_eq!(sign_in_email(address), None, "{address:?}");
        }
        assert!(is_plain_name("Jos\u{e9} O\u{2019}Neill-\u{5d3}\u{5d5}\u{5d3}") && is_plain_name(""));
        for name in ["Bcc\r\nBcc: x", "tab\there", "\u{202e}anA", "a\u{2028}b", "\u{0}", "\u{85}"] {
            assert!(!is_plain_name(name), "{name:?}");
        }
    }

    #[test]
    fn spellings_of_one_address_are_equal() {
        for text in [
            "ana@x.example",
            " Ana@X.Example ",
            "<ana@x.example>",
            "Ana Silva <ana@x.example>",
            "\"Silva, Ana\" <ana@x.example>;",
            "mailto:ana@x.example",
            "MAILTO:ana@x.example?subject=Hi%20there",
            "<mailto:ana%40x.example>",
            "mailto:%61na@x.example",
            "mailto://ana@x.example",
            "\u{200b}ana@x.example",
            "\u{feff}ana@x.example\u{feff}",
            "ana\u{200d}@x.example\u{2060}",
            "ana@x.example,",
            "ana@x.example.",
            "ana@x.example;",
            "ana@x.example. ;",
            "ana@x。example",
            "ana@x．example",
            "ａｎａ＠x.example",
            "'ana@x.example'",
            "(ana@x.example)",
            "\"ana@x.example\"",
            "\u{a0}ana@x.example\t\r\n",
            "ana@x.example:",
        ] {
            assert_eq!(normal_email(text).as_deref(), Some("ana@x.example"), "{text:?}");
        }
    }

    #[test]
    fn an_internationalized_domain_has_one_spelling() {
        for text in [
            "ana@münchen.example",
            "ana@MÜNCHEN.example",
            "ana@mu\u{308}nchen.example",
            "ana@xn--mnchen-3ya.example",
            "ana@XN--MNCHEN-3YA.EXAMPLE.",
        ] {
            assert_eq!(normal_email(text).as_deref(), Some("ana@xn--mnchen-3ya.example"), "{text}");
        }
        assert_eq!(normal_email("jo\u{308}rg@x.example"), normal_email("j\u{f6}rg@x.example"));
        assert_eq!(normal_email("ana@a_b.example").as_deref(), Some("ana@a_b.example"));
    }

    #[test]
    fn other_addresses_stay_apart_and_other_texts_are_no_addresses() {
        assert_eq!(normal_email("ana+x@x.example").as_deref(), Some("ana+x@x.example"));
        assert_eq!(normal_email("a.na@x.example").as_deref(), Some("a.na@x.example"));
        assert_eq!(normal_email("o'brien@x.example").as_deref(), Some("o'brien@x.example"));
        assert_eq!(normal_email("50%off@x.example").as_deref(), Some("50%off@x.example"));
        for wrong in [
            "",
            "ana",
            "@acme.example",
            "ana@",
            "a na@acme.example",
            "ana@.example",
            "ana@acme.example\0",
            "ana@x.example, ben@x.example",
            "<ana@x.example",
            "mailto:",
            "<>",
            "ana@x .example",
            "ana@@x.example",
            "a@b@c.example",
            "undefined",
            "ana@\u{200b}",
            "mailto:%FF@x.example",
        ] {
            assert_eq!(normal_email(wrong), None, "{wrong:?}");
        }
        assert_eq!(normal_email(&format!("{}@x.example", "a".repeat(320))), None);
    }

    #[test]
    fn placeholders_and_rounded_numbers_are_no_ids() {
        for text in [
            "undefined",
            "null",
            "0",
            "[object Object]",
            "N/A",
            "#N/A",
            "NaN",
            "none",
            "-",
            "--",
            "?",
            "0.0",
            "000",
            "{{lead.id}}",
            "${id}",
            "00000000-0000-0000-0000-000000000000",
            "\"null\"",
            "NULL ",
            "\u{200b}n/a",
            "(not set)",
            "{}",
            "[]",
            "\\N",
        ] {
            assert_eq!(external_id(text), Err(NoId::Placeholder), "{text:?}");
        }
        for text in ["1.23457E+18", "1,23457E+18", "1.23457e18", "1E+12", "-4.5E-7", "12E+03"] {
            assert_eq!(external_id(text), Err(NoId::Rounded), "{text:?}");
        }
        for text in [
            "7",
            "003F00000",
            "12e5",
            "1e9",
            "E+1",
            "a1.5E+3",
            "10",
            "-1",
            "0-0",
            "0x0",
            "nan-7",
            "00Q5e00000ABCDE",
            "3e4f-11",
        ] {
            assert_eq!(external_id(text), Ok(Some(text)), "{text:?}");
        }
        assert_eq!((external_id(""), external_id(" \u{200b} ")), (Ok(None), Ok(None)));
        assert_eq!(external_id(" 7\u{feff} "), Ok(Some("7")));
    }

    #[test]
    fn names_are_folded_and_an_invisible_one_is_none() {
        for (text, shown) in [
            ("Ana Silva", Some("Ana Silva")),
            ("  Ana \t\n Silva\u{a0}", Some("Ana Silva")),
            ("", None),
            ("  ", None),
            ("\u{200b}", None),
            ("\u{3164}", None),
            ("\u{202e}", None),
            ("\u{301}", None),
            ("\u{202e}gro.elpmaxe", Some("gro.elpmaxe")),
            ("Ana\u{200b}\u{feff}", Some("Ana")),
            ("mu\u{308}ller", Some("m\u{fc}ller")),
            ("می\u{200c}خواهم", Some("می\u{200c}خواهم")),
            ("👩\u{200d}💻", Some("👩\u{200d}💻")),
            ("\u{200d}Ana\u{200d}", Some("Ana")),
            ("Ana\u{7}", Some("Ana")),
            ("株式会社アクメ", Some("株式会社アクメ")),
        ] {
            assert_eq!(display_text(text).as_deref(), shown, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_normal_address_is_its_own_normal_form(text in "[a-zA-Z.%<>:;,\'\"@ \u{200b}üßİ。mailto]{0,12}@[a-zA-Z.üßİ。-]{0,12}") {
            if let Some(normal) = normal_email(&text) {
                prop_assert_eq!(normal_email(&normal), Some(normal.clone()), "{:?}", text);
            }
        }

        #[test]
        fn an_address_that_was_plain_ascii_keeps_its_form(local in "[a-z0-9][a-z0-9+_-]{0,8}", domain in "[a-z]{1,8}\\.[a-z]{2,4}") {
            let address = format!("{local}@{domain}");
            prop_assert_eq!(normal_email(&address), plain_email(&address));
        }

        #[test]
        fn a_shown_name_is_its_own_form(text in "[a-z \t\u{200b}\u{200d}\u{202e}\u{301}ü]{0,12}") {
            if let Some(shown) = display_text(&text) {
                prop_assert_eq!(display_text(&shown), Some(shown.clone()), "{:?}", text);
            }
        }
    }
}
