//! Parses addresses: ids in paths and filters in query strings.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::Uri;
use axum::http::request::Parts;
use uuid::Uuid;

use crate::http::{Failure, FailureKind};

/// The id in a path. A malformed id matches nothing, so the response is 404.
pub(super) struct Id(pub Uuid);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let text = Path::<String>::from_request_parts(parts, state).await.ok();
        let id = text.and_then(|Path(text)| uuid(&text)).map(Self);
        id.ok_or_else(|| Failure::new(FailureKind::NotFound, "There is nothing with such an id."))
    }
}

/// Parses a UUID in its hyphenated form only. The crate's own parser also accepts braces and other forms.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::parse_str(text).ok() } else { None }
}

/// The query parameters of a request. Each reader removes the ones it handles.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    /// Parses the query parameters.
    ///
    /// # Errors
    /// Returns 422 if a parameter is duplicated.
    pub(super) fn of(uri: &Uri) -> Result<Self, Failure> {
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            if parameters.insert(name.to_string(), value.into_owned()).is_some() {
                return Err(wrong(&name, "This parameter appears twice."));
            }
        }
        Ok(Self(parameters))
    }

    /// Removes and returns a text.
    ///
    /// # Errors
    /// Returns 422 if it is empty or longer than any valid name.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Failure> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        let chars = engine::limits::NAME_CHARS;
        let fits =
            !text.trim().is_empty() && text.chars().count() <= chars && !text.contains(char::is_control);
        let rule = || format!("This is 1 to {chars} characters, none of them a control character.");
        fits.then_some(Some(text)).ok_or_else(|| wrong(name, &rule()))
    }

    /// Removes and returns a value. `rule` describes the valid values.
    ///
    /// # Errors
    /// Returns 422 if the value is invalid.
    pub(super) fn value<T: FromStr>(&mut self, name: &str, rule: &str) -> Result<Option<T>, Failure> {
        self.with(name, rule, |text| text.parse().ok())
    }

    /// Removes and returns an id.
    ///
    /// # Errors
    /// Returns 422 if it is not a UUID.
    pub(super) fn id(&mut self, name: &str) -> Result<Option<Uuid>, Failure> {
        self.with(name, "This is a UUID.", uuid)
    }

    /// Removes and returns a value, parsed by `read`.
    ///
    /// # Errors
    /// Returns 422 if `read` rejects the value.
    pub(super) fn with<T>(
        &mut self,
        name: &str,
        rule: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        let Some(text) = self.0.remove(name) else { return Ok(None) };
        read(&text).map(Some).ok_or_else(|| wrong(name, rule))
    }

    /// Checks that no parameter is left: a misspelled filter must not return everything.
    ///
    /// # Errors
    /// Returns 422 with every unknown parameter.
    pub(super) fn finish(self, known: &[&str]) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let rule = format!("There is no such parameter; there are {}.", known.join(", "));
        let failure = Failure::new(FailureKind::Invalid, "Some parameters are not valid.");
        Err(self.0.keys().fold(failure, |failure, name| failure.at(name, &*rule)))
    }
}

fn wrong(name: &str, detail: &str) -> Failure {
    Failure::new(FailureKind::Invalid, "Some parameters are not valid.").at(name, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<Query, Failure> {
        Query::of(&format!("/x?{text}").parse().unwrap())
    }

    #[test]
    fn parameters_are_taken_out_one_by_one() {
        let mut found = query("workflow=a%20b&limit=7").unwrap();
        assert_eq!(found.text("workflow").unwrap().as_deref(), Some("a b"));
        assert_eq!(found.value::<u8>("limit", "A number.").unwrap(), Some(7));
        assert_eq!(found.value::<u8>("limit", "A number.").unwrap(), None);
        found.finish(&[]).unwrap();
    }

    #[test]
    fn what_is_wrong_is_refused_by_name() {
        assert!(query("a=1&a=2").is_err());
        assert!(query("limit=many").unwrap().value::<u8>("limit", "A number.").is_err());
        assert!(query("workflow=").unwrap().text("workflow").is_err());
        let problem = query("worklfow=x").unwrap().finish(&["workflow"]).unwrap_err().problem("id");
        assert_eq!(problem.errors[0].pointer, "worklfow");
    }

    #[test]
    fn only_the_usual_form_of_a_uuid_is_an_id() {
        assert!(uuid("01990000-0000-7000-8000-000000000000").is_some());
        for other in ["", "01990000000070008000000000000000", "{01990000-0000-7000-8000-000000000000}", "x"] {
            assert!(uuid(other).is_none(), "{other}");
        }
    }
}
