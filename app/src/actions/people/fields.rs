//! Validation of fields that several forms share.

use store::people::Password;

use crate::flash::Flash;

/// A field's name and the problem with its value.
pub type Wrong = (&'static str, String);

/// The maximum length of a person's name in characters, which the database enforces.
const NAME_CHARS: usize = 200;

/// Adds each problem to the flash, at its field.
pub fn wrong(flash: Flash, problems: impl IntoIterator<Item = Option<Wrong>>) -> Flash {
    problems.into_iter().flatten().fold(flash, |flash, (field, problem)| flash.error(field, problem))
}

/// Checks a text that must not be empty or longer than `chars`; `missing` is the message for an empty one.
pub fn text(field: &'static str, text: &str, missing: &str, chars: usize) -> Option<Wrong> {
    match text.trim().chars().count() {
        0 => Some((field, missing.to_owned())),
        n if n > chars => Some((field, format!("A name has at most {chars} characters."))),
        _ => None,
    }
}

/// Checks a person's name.
pub fn name(name: &str) -> Option<Wrong> {
    text("name", name, "Say what the person is called.", NAME_CHARS)
}

/// Checks an address to sign in with.
pub fn email(email: &str) -> Option<Wrong> {
    engine::identity::plain_email(email).is_none().then(|| ("email", "This is no e-mail address.".to_owned()))
}

/// Parses a new password and its repetition.
///
/// # Errors
/// Returns the invalid field and its problem.
pub fn password(password: &str, again: &str) -> Result<Password, Wrong> {
    match Password::parse(password) {
        Err(problem) => Err(("password", problem.to_string())),
        Ok(_) if password != again => Err(("again", "The two passwords differ.".to_owned())),
        Ok(password) => Ok(password),
    }
}
