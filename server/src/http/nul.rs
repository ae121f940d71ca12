//! Refuses NUL characters in addresses and forms. Postgres cannot store them in a text, and nobody types them.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

use super::{Failure, FailureKind};

/// Refuses a request with a NUL character in its path or query.
pub(crate) async fn refuse(request: Request, next: Next) -> Response {
    let uri = request.uri();
    if percent_decode_str(uri.path()).any(|byte| byte == 0) {
        return Failure::new(FailureKind::NotFound, "There is nothing at this address.").into_response();
    }
    if let Some(name) = field(uri.query().unwrap_or_default().as_bytes()) {
        return contained(FailureKind::Malformed, name).into_response();
    }
    next.run(request).await
}

/// Checks the fields of a form.
///
/// # Errors
/// Returns 422 with the name of the field that contains a NUL character.
pub(super) fn check(form: &[u8]) -> Result<(), Failure> {
    field(form).map_or(Ok(()), |name| Err(contained(FailureKind::Invalid, name)))
}

/// Returns the name of the first field that contains a NUL character.
fn field(form: &[u8]) -> Option<String> {
    // The usual form is not decoded for this.
    let may_contain = form.contains(&0) || form.windows(3).any(|bytes| bytes == b"%00");
    if !may_contain {
        return None;
    }
    let mut fields = form_urlencoded::parse(form);
    fields
        .find(|(name, value)| name.contains('\0') || value.contains('\0'))
        .map(|(name, _)| name.replace('\0', ""))
}

fn contained(kind: FailureKind, name: String) -> Failure {
    let detail = format!("`{name}` contains a NUL character. Remove it and send the form again.");
    Failure::new(kind, detail.clone()).at(name, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_with_a_nul_character_is_named() {
        assert_eq!(field(b"a=1&reason=x%00y"), Some("reason".into()));
        assert_eq!(field(b"fields%5Bmore%5D=%00"), Some("fields[more]".into()));
        assert_eq!(field(b"a%00b=1"), Some("ab".into()));
        assert_eq!((field(b"a=%2500"), field(b""), field(b"a=100")), (None, None, None));
        let failure = check(b"email=a%00").unwrap_err();
        assert_eq!(failure.status(), 422);
    }
}
