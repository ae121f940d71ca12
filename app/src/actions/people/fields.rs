//! Validation of fields that several forms share.

use engine::identity::{is_plain_name, sign_in_email};
use store::people::{BreachedPasswords, Password};

use crate::flash::Flash;
use crate::texts::texts;

/// A field's name and the problem with its value.
pub type FieldError = (&'static str, String);

/// The maximum length of a person's name in characters, which the database enforces.
const NAME_CHARS: usize = 200;

/// Adds each problem to the flash, at its field.
pub fn wrong(flash: Flash, problems: impl IntoIterator<Item = Option<FieldError>>) -> Flash {
    problems.into_iter().flatten().fold(flash, |flash, (field, problem)| flash.error(field, problem))
}

/// Checks a name that must not be empty, longer than `chars` or have control characters.
pub fn text(field: &'static str, text: &str, chars: usize) -> Option<FieldError> {
    match text.trim().chars().count() {
        0 => Some((field, texts().people_name_missing())),
        n if n > chars => Some((field, texts().people_name_too_long(chars.to_string()))),
        _ if !is_plain_name(text.trim()) => Some((field, texts().gate_name_control())),
        _ => None,
    }
}

/// Checks a person's name.
pub fn name(name: &str) -> Option<FieldError> {
    text("name", name, NAME_CHARS)
}

/// Checks an address to sign in with.
pub fn email(email: &str) -> Option<FieldError> {
    sign_in_email(email).is_none().then(|| ("email", texts().people_email_invalid()))
}

/// Parses a new password and its repetition. `name` and `email` belong to the person whose password it is; `breached` is the
/// installation's list.
///
/// # Errors
/// Returns all invalid fields with their problems.
pub fn password(
    password: &str,
    again: &str,
    (name, email): (&str, &str),
    breached: &BreachedPasswords,
) -> Result<Password, Vec<FieldError>> {
    let differs = (password != again).then(|| ("again", texts().people_passwords_differ()));
    let parsed = Password::parse(password)
        .and_then(|parsed| parsed.not_in(breached))
        .and_then(|parsed| parsed.for_person(name, email));
    match (parsed, differs) {
        (Ok(password), None) => Ok(password),
        (parsed, differs) => {
            let problem = parsed.err().map(|problem| ("password", problem.to_string()));
            Err(problem.into_iter().chain(differs).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_of_a_password_are_reported() {
        let fields = |new: &str, again: &str| {
            password(new, again, ("Ana Ruiz", "ana@acme.example"), &BreachedPasswords::default())
                .err()
                .unwrap_or_default()
                .into_iter()
                .map(|(field, _)| field)
                .collect::<Vec<_>>()
        };
        assert_eq!(fields("short", "other"), ["password", "again"]);
        assert_eq!(fields("short", "short"), ["password"]);
        assert_eq!(fields("correct horse battery", "correct horse"), ["again"]);
        assert_eq!(fields("Ana Ruiz 2026", "Ana Ruiz 2026"), ["password"]);
        assert_eq!(fields("password1234", "password1234"), ["password"]);
        assert!(fields("correct horse battery", "correct horse battery").is_empty());
    }

    #[test]
    fn names_have_no_line_breaks_and_addresses_no_brackets() {
        assert_eq!(name("Ana Ruiz"), None);
        assert_eq!(name("Bcc\r\nBcc: x").map(|(field, _)| field), Some("name"));
        assert_eq!(email("ana@acme.example"), None);
        assert_eq!(email("<ana@acme.example").map(|(field, _)| field), Some("email"));
    }
}
