//! What can be wrong with the fields that several forms have.

use store::people::Password;

use crate::flash::Flash;

/// A field's name and what is wrong with it.
pub type Wrong = (&'static str, String);

/// Characters of a person's name, as the database has it.
const NAME_CHARS: usize = 200;

/// The flash with everything that is wrong at its field.
pub fn wrong(flash: Flash, problems: impl IntoIterator<Item = Option<Wrong>>) -> Flash {
    problems.into_iter().flatten().fold(flash, |flash, (field, problem)| flash.error(field, problem))
}

/// A name that is missing or longer than it may be; `missing` says what is asked for.
pub fn text(field: &'static str, text: &str, missing: &str, chars: usize) -> Option<Wrong> {
    match text.trim().chars().count() {
        0 => Some((field, missing.to_owned())),
        n if n > chars => Some((field, format!("A name has at most {chars} characters."))),
        _ => None,
    }
}

/// What a person is called.
pub fn name(name: &str) -> Option<Wrong> {
    text("name", name, "Say what the person is called.", NAME_CHARS)
}

/// An address to sign in with.
pub fn email(email: &str) -> Option<Wrong> {
    engine::event::normal_email(email).is_none().then(|| ("email", "This is no e-mail address.".to_owned()))
}

/// A new password, typed twice.
///
/// # Errors
/// What is wrong with it, at the field where.
pub fn password(password: &str, again: &str) -> Result<Password, Wrong> {
    match Password::parse(password) {
        Err(problem) => Err(("password", problem.to_string())),
        Ok(_) if password != again => Err(("again", "The two passwords differ.".to_owned())),
        Ok(password) => Ok(password),
    }
}
