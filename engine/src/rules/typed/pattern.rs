//! Patterns of `matches`: RE2's syntax, which CEL uses, matched in linear time.
//!
//! The underlying engine has a slightly different syntax, so patterns are translated. Extensions beyond RE2 and
//! anything that depends on how the engine was built (the names of Unicode classes) are rejected, so that a
//! pattern has the same meaning everywhere.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::{Class, Hir, HirKind};

use crate::limits;

/// More than the heaviest pattern uses on any machine, so that only the weight limits patterns.
const PROGRAM_BYTES: usize = 64 * 1024 * 1024;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: Box<str>,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Returns what is wrong, as the end of a sentence.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > limits::PATTERN_BYTES {
            return Err(format!("it has more than {} bytes", limits::PATTERN_BYTES));
        }
        let translated = translate(text)?;
        let hir = regex_syntax::parse(&translated).map_err(|error| cause(&error.to_string()))?;
        if weight(&hir) > limits::PATTERN_WEIGHT {
            return Err("it repeats too much".to_owned());
        }
        let regex = RegexBuilder::new(&translated)
            .size_limit(PROGRAM_BYTES)
            .build()
            .map_err(|error| cause(&error.to_string()))?;
        Ok(Self { text: text.into(), regex })
    }

    /// Returns whether the pattern matches anywhere in the text.
    pub fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// Returns the last line of the engine's report, which is the most concise.
fn cause(report: &str) -> String {
    let last = report.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// Returns the size of the program, in a measure that is the same on every machine.
fn weight(hir: &Hir) -> u64 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Unicode(class)) => class.ranges().len() as u64,
        HirKind::Class(Class::Bytes(class)) => class.ranges().len() as u64,
        HirKind::Repetition(repetition) => {
            let times = u64::from(repetition.max.unwrap_or(repetition.min).max(1));
            weight(&repetition.sub).saturating_mul(times)
        }
        HirKind::Capture(capture) => weight(&capture.sub).saturating_add(1),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().map(weight).fold(0, u64::saturating_add)
        }
    }
}

/// The scripts that `\p{…}` can name; general categories are named by one or two letters.
const SCRIPTS: [&str; 12] = [
    "Arabic",
    "Armenian",
    "Cyrillic",
    "Devanagari",
    "Georgian",
    "Greek",
    "Han",
    "Hangul",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Latin",
];

fn translate(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    // The number of characters read in a class, apart from its punctuation.
    let mut class: Option<usize> = None;
    while let Some(c) = rest.chars().next() {
        let taken = match (c, class) {
            ('\\', _) => escape(rest, class.is_some(), &mut out)?,
            ('[', None) => {
                class = Some(0);
                let len = if rest.starts_with("[^") { 2 } else { 1 };
                out.push_str(&rest[..len]);
                rest = &rest[len..];
                continue;
            }
            ('[', Some(_)) if rest.starts_with("[:") && rest.contains(":]") => {
                let len = rest.find(":]").map_or(1, |at| at + 2);
                out.push_str(&rest[..len]);
                len
            }
            (']', Some(read)) if read > 0 => {
                class = None;
                out.push(c);
                rest = &rest[1..];
                continue;
            }
            ('[' | ']', Some(_)) => push(&mut out, &['\\', c], 1),
            ('&' | '-' | '~', Some(_)) if rest[1..].starts_with(c) => push(&mut out, &[c, '\\', c], 2),
            ('(', None) if rest.starts_with("(?") => {
                flags(rest)?;
                push(&mut out, &[c], 1)
            }
            _ => push(&mut out, &[c], c.len_utf8()),
        };
        rest = &rest[taken..];
        class = class.map(|read| read + 1);
    }
    Ok(out)
}

fn push(out: &mut String, chars: &[char], taken: usize) -> usize {
    out.extend(chars);
    taken
}

/// Accepts only the flags of RE2.
fn flags(rest: &str) -> Result<(), String> {
    let inner = &rest[2..];
    if inner.starts_with("P<") || inner.starts_with('<') {
        return Ok(());
    }
    let end = inner.find([':', ')']).unwrap_or(inner.len());
    match inner[..end].chars().find(|c| !"imsU-".contains(*c)) {
        None => Ok(()),
        Some(c) => Err(format!("`(?{c}` is not supported")),
    }
}

/// Translates the character after a backslash and returns the bytes consumed. Digits, words and white space are
/// ASCII only, as in RE2.
fn escape(rest: &str, in_class: bool, out: &mut String) -> Result<usize, String> {
    let Some(c) = rest[1..].chars().next() else { return Err("it ends with a backslash".to_owned()) };
    let set = |plain: &str, is_negated: bool| match (in_class, is_negated) {
        (true, false) => plain.to_owned(),
        (_, true) => format!("[^{plain}]"),
        (false, false) => format!("[{plain}]"),
    };
    let (digits, words, blanks) = ("0-9", "0-9A-Za-z_", "\\t\\n\\f\\r ");
    match c {
        'd' | 'D' => out.push_str(&set(digits, c == 'D')),
        'w' | 'W' => out.push_str(&set(words, c == 'W')),
        's' | 'S' => out.push_str(&set(blanks, c == 'S')),
        'b' if !in_class && !rest[2..].starts_with('{') => out.push_str("(?-u:\\b)"),
        'B' if !in_class => out.push_str("(?-u:\\B)"),
        'p' | 'P' => return unicode_class(rest, out),
        'A' | 'z' if !in_class => out.extend(['\\', c]),
        'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' => out.extend(['\\', c]),
        c if c.is_ascii_punctuation() => out.push_str(&format!("\\x{{{:x}}}", u32::from(c))),
        c => return Err(format!("`\\{c}` is not supported")),
    }
    Ok(1 + c.len_utf8())
}

/// Translates `\pL`, `\p{Lu}` or `\p{Greek}`.
fn unicode_class(rest: &str, out: &mut String) -> Result<usize, String> {
    let len = match rest[2..].chars().next() {
        Some('{') => rest.find('}').map_or(rest.len(), |at| at + 1),
        Some(c) => 2 + c.len_utf8(),
        None => 2,
    };
    let name = rest[2..len].trim_start_matches('{').trim_end_matches('}');
    let is_category = (1..=2).contains(&name.len())
        && name.starts_with(['C', 'L', 'M', 'N', 'P', 'S', 'Z'])
        && name.chars().all(|c| c.is_ascii_alphabetic());
    if !is_category && !SCRIPTS.contains(&name) {
        return Err(format!("there is no class `{}` here", &rest[..len]));
    }
    out.push_str(&rest[..len]);
    Ok(len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_re2() {
        for (pattern, text, is_match) in [
            ("", "", true),
            ("^a+$", "aaa", true),
            (r"\d", "٣", false),
            (r"^\w+$", "straße", false),
            (r"^[\w-]+$", "a-b_c", true),
            (r"^[^\d\s]+$", "ab", true),
            (r"^[\D]+$", "1", false),
            (r"\bsales\b", "vp sales, emea", true),
            (r"\Bales", "sales", true),
            (r"\Bé", "éé", true),
            ("(?i)STRASSE", "strasse", true),
            ("(?i)É", "é", true),
            (r"\p{Greek}", "π", true),
            (r"\pL", "ß", true),
            ("[[:alpha:]]", "1", false),
            ("[[a]", "[", true),
            ("[]a]", "]", true),
            ("[a&&b]", "&", true),
            ("[+--]", ",", true),
            (r"\<b\>", "<b>", true),
            (r"\.", "a", false),
            ("a{2}", "aa", true),
            (".", "\n", false),
            ("(?s).", "\n", true),
            ("(a|b)*c", "ababc", true),
        ] {
            let found = Pattern::new(pattern).map(|pattern| pattern.matches(text));
            assert_eq!(found, Ok(is_match), "{pattern} {text}");
        }
    }

    #[test]
    fn invalid_patterns_are_rejected_with_a_message() {
        for (pattern, message) in [
            ("(", "unclosed group"),
            ("[", "unclosed character class"),
            ("\\", "it ends with a backslash"),
            ("(?x)a", "`(?x` is not supported"),
            ("(?=a)", "`(?=` is not supported"),
            (r"\1", "`\\1` is not supported"),
            (r"\p{Emoji}", "there is no class `\\p{Emoji}` here"),
            ("((a{1000}){1000}){1000}", "it repeats too much"),
            ("*", "repetition operator missing expression"),
        ] {
            assert_eq!(Pattern::new(pattern).err().as_deref(), Some(message), "{pattern}");
        }
    }
}
