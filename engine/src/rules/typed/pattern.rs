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

/// Bytes that a pattern's cache of states can have for each unit of its weight, and at least. What does not fit is
/// computed again, so this bounds memory and changes no result.
const CACHE_BYTES: u64 = 512;
const LEAST_CACHE_BYTES: u64 = 64 * 1024;
const MOST_CACHE_BYTES: u64 = 2 * 1024 * 1024;

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
        ParsedPattern::new(text)?.compile()
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

/// A pattern in the syntax of the engine, with its weight.
pub struct ParsedPattern<'a> {
    text: &'a str,
    translated: String,
    /// The characters and ranges after repetitions are expanded.
    pub weight: u64,
}

impl<'a> ParsedPattern<'a> {
    /// Parses a pattern, which takes little time and memory.
    ///
    /// # Errors
    /// Returns what is wrong, as the end of a sentence.
    pub fn new(text: &'a str) -> Result<Self, String> {
        if text.len() > limits::PATTERN_BYTES {
            return Err(format!("it has more than {} bytes", limits::PATTERN_BYTES));
        }
        let translated = translate(text)?;
        let hir = regex_syntax::parse(&translated).map_err(|error| cause(&error.to_string()))?;
        let weight = weight(&hir);
        if weight > limits::PATTERN_WEIGHT {
            return Err("it repeats too much".to_owned());
        }
        Ok(Self { text, translated, weight })
    }

    /// Compiles the pattern.
    ///
    /// # Errors
    /// Returns what is wrong, as the end of a sentence.
    pub fn compile(&self) -> Result<Pattern, String> {
        let cache = self.weight.saturating_mul(CACHE_BYTES).clamp(LEAST_CACHE_BYTES, MOST_CACHE_BYTES);
        let regex = RegexBuilder::new(&self.translated)
            .size_limit(PROGRAM_BYTES)
            .dfa_size_limit(usize::try_from(cache).unwrap_or(usize::MAX))
            .build()
            .map_err(|error| cause(&error.to_string()))?;
        Ok(Pattern { text: self.text.into(), regex })
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

/// The classes that can stand in `[[:…:]]`.
const ASCII_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

fn translate(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    // The number of characters read in a class, apart from its punctuation.
    let mut class: Option<usize> = None;
    while let Some(c) = rest.chars().next() {
        let taken = match (c, class) {
            // Everything between `\Q` and `\E` is literal.
            ('\\', _) if rest.starts_with("\\Q") => {
                let quoted = &rest[2..];
                let end = quoted.find("\\E").unwrap_or(quoted.len());
                quoted[..end].chars().for_each(|c| literal(c, &mut out));
                2 + (end + 2).min(quoted.len())
            }
            ('\\', _) => escape(rest, class.is_some(), &mut out)?,
            // Braces that do not count repetitions are literal: `x{,2}`, `{name}`.
            ('{', None) if !is_repetition(rest) => push(&mut out, &['\\', c], 1),
            ('}', None) => push(&mut out, &['\\', c], 1),
            ('{', None) => {
                let len = rest.find('}').map_or(1, |at| at + 1);
                out.push_str(&rest[..len]);
                len
            }
            ('[', None) => {
                class = Some(0);
                let len = if rest.starts_with("[^") { 2 } else { 1 };
                out.push_str(&rest[..len]);
                rest = &rest[len..];
                continue;
            }
            ('[', Some(_)) if rest.starts_with("[:") && rest.contains(":]") => {
                let len = rest.find(":]").map_or(1, |at| at + 2);
                let name = rest[2..len - 2].trim_start_matches('^');
                if !ASCII_CLASSES.contains(&name) {
                    let known = ASCII_CLASSES.join(", ");
                    return Err(format!("there is no class `{}`; the classes are {known}", &rest[..len]));
                }
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

/// Writes a character that stands for itself.
fn literal(c: char, out: &mut String) {
    if c.is_ascii_punctuation() || c == ' ' {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    } else {
        out.push(c);
    }
}

/// Returns whether a brace begins `{2}`, `{2,}` or `{2,5}`.
fn is_repetition(rest: &str) -> bool {
    let Some((inner, _)) = rest[1..].split_once('}') else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match inner.split_once(',') {
        None => is_number(inner),
        Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
    }
}

/// Accepts only the flags of RE2.
fn flags(rest: &str) -> Result<(), String> {
    let inner = &rest[2..];
    if ["=", "!", "<=", "<!"].iter().any(|look| inner.starts_with(look)) {
        let end = if inner.starts_with('<') { 4 } else { 3 };
        return Err(format!(
            "`{}` looks around, which is left out because it cannot be matched in linear time",
            &rest[..end]
        ));
    }
    if inner.starts_with("P<") || inner.starts_with('<') {
        return Ok(());
    }
    if inner.starts_with("P=") {
        return Err(BACK_REFERENCE.to_owned());
    }
    let end = inner.find([':', ')']).unwrap_or(inner.len());
    match inner[..end].chars().find(|c| !"imsU-".contains(*c)) {
        None => Ok(()),
        Some(c) => {
            Err(format!("`(?{c}` is left out because RE2 does not have it; the flags are i, m, s and U"))
        }
    }
}

/// What is said of references to groups.
const BACK_REFERENCE: &str =
    "references to earlier groups are left out because they cannot be matched in linear time";

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
        'x' if rest[2..].starts_with('{') => {
            let len = rest.find('}').map_or(rest.len(), |at| at + 1);
            out.push_str(&rest[..len]);
            return Ok(len);
        }
        'a' | 'f' | 'n' | 'r' | 't' | 'v' | 'x' => out.extend(['\\', c]),
        '0'..='9' => return octal(rest, out),
        'E' => {}
        c if c.is_ascii_punctuation() || c == ' ' => literal(c, out),
        'C' => {
            return Err(
                "`\\C` is left out because it matches a byte, and texts consist of characters".to_owned()
            );
        }
        'Z' => return Err("`\\Z` is left out because RE2 does not have it; use `\\z`".to_owned()),
        'u' | 'U' => {
            return Err(format!("`\\{c}` is left out because RE2 does not have it; write `\\x{{00e9}}`"));
        }
        'k' | 'g' => return Err(BACK_REFERENCE.to_owned()),
        c => return Err(format!("`\\{c}` is left out because RE2 does not have it")),
    }
    Ok(1 + c.len_utf8())
}

/// Translates a character code in octal: `\0`, `\012` or `\101`. A digit on its own would refer to a group.
fn octal(rest: &str, out: &mut String) -> Result<usize, String> {
    let digits: String = rest[1..].chars().take(3).take_while(|c| c.is_digit(8)).collect();
    if !rest[1..].starts_with('0') && digits.len() < 2 {
        return Err(BACK_REFERENCE.to_owned());
    }
    let code = u32::from_str_radix(&digits, 8).map_err(|_| BACK_REFERENCE.to_owned())?;
    out.push_str(&format!("\\x{{{code:x}}}"));
    Ok(1 + digits.len())
}

/// Translates `\pL`, `\p{Lu}`, `\p{^Lu}` or `\p{Greek}`.
fn unicode_class(rest: &str, out: &mut String) -> Result<usize, String> {
    let len = match rest[2..].chars().next() {
        Some('{') => rest.find('}').map_or(rest.len(), |at| at + 1),
        Some(c) => 2 + c.len_utf8(),
        None => 2,
    };
    let inner = rest[2..len].trim_start_matches('{').trim_end_matches('}');
    let name = inner.trim_start_matches('^');
    let is_category = (1..=2).contains(&name.len())
        && name.starts_with(['C', 'L', 'M', 'N', 'P', 'S', 'Z'])
        && name.chars().all(|c| c.is_ascii_alphabetic());
    let class = if is_category || name == "Any" { name.to_owned() } else { format!("sc={name}") };
    let is_script = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_');
    let is_negated = rest.starts_with("\\P") != inner.starts_with('^');
    let translated = format!("\\{}{{{class}}}", if is_negated { 'P' } else { 'p' });
    if !(is_category || is_script) || regex_syntax::parse(&translated).is_err() {
        return Err(format!(
            "there is no class `{}`; classes are general categories such as `L` or `Nd`, and scripts such as `Greek`",
            &rest[..len]
        ));
    }
    out.push_str(&translated);
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
            ("^x{2,}$", "xxx", true),
            ("^x{2,}$", "x", false),
            ("^x{2,3}$", "xxxx", false),
            ("^x{2,}?y$", "xxy", true),
            ("^x{,2}$", "x{,2}", true),
            ("^x{,2}$", "x", false),
            ("^{name}$", "{name}", true),
            ("^a{}$", "a{}", true),
            ("^a{1,2,3}$", "a{1,2,3}", true),
            ("}", "}", true),
            ("[{}]", "{", true),
            (r"\pN", "7", true),
            (r"^\pN{2,}$", "42", true),
            (r"\PN", "7", false),
            (r"^[\pN\pL]+$", "a1ß", true),
            (r"[^\pN]", "7", false),
            (r"\p{^Greek}", "π", false),
            (r"\P{^Greek}", "π", true),
            (r"\p{Nd}", "٣", true),
            (r"\p{Thai}", "ก", true),
            (r"\p{Old_Italic}", "a", false),
            (r"\Qa.b\E+", "a.bbb", true),
            (r"\Qa.b\E", "axb", false),
            (r"\Q(unclosed", "(unclosed", true),
            (r"\101", "A", true),
            (r"\012", "\n", true),
            (r"\x41\x{e9}", "Aé", true),
            (r"a\ b", "a b", true),
            ("(?P<year>[0-9]{4})", "2026", true),
            ("(?<year>[0-9]{4})", "2026", true),
            ("(?i:ACME)", "acme", true),
            ("(?U)a+", "a", true),
            ("(?m)^b$", "a\nb", true),
            ("[[:^alpha:]]", "1", true),
            ("[[:word:]]", "_", true),
            ("a*?b", "aab", true),
            ("a|", "", true),
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
            ("(?x)a", "`(?x` is left out because RE2 does not have it; the flags are i, m, s and U"),
            ("(?=a)", "`(?=` looks around, which is left out because it cannot be matched in linear time"),
            ("(?<!a)b", "`(?<!` looks around, which is left out because it cannot be matched in linear time"),
            (r"(a)\1", BACK_REFERENCE),
            (r"(?P<a>x)(?P=a)", BACK_REFERENCE),
            (r"(?<a>x)\k<a>", BACK_REFERENCE),
            (r"\Z", "`\\Z` is left out because RE2 does not have it; use `\\z`"),
            (r"\C", "`\\C` is left out because it matches a byte, and texts consist of characters"),
            (r"\u00e9", "`\\u` is left out because RE2 does not have it; write `\\x{00e9}`"),
            (
                r"\p{Emoji}",
                "there is no class `\\p{Emoji}`; classes are general categories such as `L` or `Nd`, and scripts such as `Greek`",
            ),
            (
                "[[:foo:]]",
                "there is no class `[:foo:]`; the classes are alnum, alpha, ascii, blank, cntrl, digit, graph, lower, print, punct, space, upper, word, xdigit",
            ),
            ("((a{1000}){1000}){1000}", "it repeats too much"),
            ("*", "repetition operator missing expression"),
        ] {
            assert_eq!(Pattern::new(pattern).err().as_deref(), Some(message), "{pattern}");
        }
    }
}
