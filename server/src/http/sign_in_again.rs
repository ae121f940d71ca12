//! Signs people in again in place. If a form arrives after its session has ended, the password page carries the form and submits
//! it again afterwards. The server stores nothing, and a form that contains a password is not kept.

use app::access::{self, Need};
use app::actions::{Connection, LocalPath, sign_in_as};
use app::error::{Error as AppError, RETRY_AFTER_S};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State as FromState};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::post;
use tokio::sync::OwnedSemaphorePermit;
use tower_sessions::Session;
use url::form_urlencoded;

use super::pages::{self, FORM_BYTES, agent, is_form, page_request};
use super::plain_page::{PlainPage, escape};
use super::{Arrival, Failure, FailureKind, State, body, nul};

/// The path that receives the password together with the kept form.
pub(crate) const PATH: &str = "/sign-in/again";
/// Maximum size of such a request: the form is percent-encoded twice, which at most triples its length.
const KEPT_BYTES: usize = 3 * FORM_BYTES + 4 * 1024;
/// Larger forms share [`LARGE_FORMS`] places, because no account is responsible for their memory.
const SMALL_BYTES: usize = 64 * 1024;
/// Maximum number of large forms of signed-out callers that are held at a time.
pub(super) const LARGE_FORMS: usize = 4;

pub(crate) fn routes() -> Router<State> {
    Router::new().route(PATH, post(sign_in))
}

/// A form that arrived after its session had ended.
#[derive(Default)]
struct Kept {
    /// The action that the form was submitted to.
    path: String,
    /// The form's fields, percent-encoded.
    body: String,
}

/// The fields of the sign-in page.
#[derive(Default)]
struct SignInAgain {
    email: String,
    password: String,
    kept: Kept,
}

/// Answers a form of a person whose session has ended, with a page that keeps the form or explains why it cannot.
pub(super) async fn ask(state: &State, parts: &Parts, body: Body) -> Response {
    let path = parts.uri.path();
    let look = PlainPage::of(state, &parts.headers);
    if !is_form(&parts.headers) {
        return lost(&look, parts, "The file was not uploaded. Sign in and choose it again.");
    }
    let read = async {
        let place = place(state, &parts.headers)?;
        Ok::<_, Failure>((body::read(body, &parts.headers, FORM_BYTES).await?, place))
    };
    let (bytes, _place) = match read.await {
        Ok(read) => read,
        Err(failure) => return failure.into_response(),
    };
    let has_password = form_urlencoded::parse(&bytes).any(|(name, _)| name.contains("password"));
    match String::from_utf8(bytes.to_vec()) {
        Ok(body) if !has_password && may_be_kept(path) => {
            answer(StatusCode::UNAUTHORIZED, question(&look, "", None, &Kept { path: path.to_owned(), body }))
        }
        _ => lost(&look, parts, "Nothing was changed. Sign in and fill in the form again."),
    }
}

/// Takes a place for a large form. Small ones need none.
fn place(state: &State, headers: &HeaderMap) -> Result<Option<OwnedSemaphorePermit>, Failure> {
    if body::announced(headers).is_some_and(|bytes| bytes <= SMALL_BYTES) {
        return Ok(None);
    }
    let place = state.large_forms.clone().try_acquire_owned();
    place.map(Some).map_err(|_| {
        Failure::new(FailureKind::Unavailable, "The server is busy with large forms. Send yours again.")
    })
}

/// Returns whether the path is an action for signed-in people. No other request is ever submitted again.
fn may_be_kept(path: &str) -> bool {
    path.starts_with("/actions/")
        && matches!(access::need(&Method::POST, path), Some(Need::SignedIn | Need::Roles(_)))
}

/// Checks the password and returns a page that submits the kept form again as the signed-in person.
async fn sign_in(FromState(state): FromState<State>, request: Request) -> Result<Response, Failure> {
    pages::allowed(&request)?;
    let (parts, body) = request.into_parts();
    if !is_form(&parts.headers) {
        return Err(Failure::new(
            FailureKind::UnsupportedMediaType,
            "Send application/x-www-form-urlencoded.",
        ));
    }
    let _place = place(&state, &parts.headers)?;
    let bytes = body::read(body, &parts.headers, KEPT_BYTES).await?;
    nul::check(&bytes)?;
    let form = read(&bytes)?;
    let (Some(arrival), Some(session)) =
        (parts.extensions.get::<Arrival>().cloned(), parts.extensions.get::<Session>().cloned())
    else {
        return Err(Failure::internal(&"a form without a session"));
    };
    let connection = Connection {
        session,
        peer: arrival.peer,
        agent: agent(&parts.headers),
        gate: state.gate.clone(),
        secure_cookies: state.config.secure_cookies,
    };
    let look = PlainPage::of(&state, &parts.headers);
    let request = Request::from_parts(parts, Body::empty());
    let page = page_request(&state, &request, &arrival, None);
    let entered = sign_in_as(&page, &connection, &form.email, &form.password).await;
    // The form is kept while the person waits.
    if let Err(AppError::Busy { message }) = &entered {
        let page = question(&look, &form.email, Some(message), &form.kept);
        return Ok((
            [(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S))],
            answer(StatusCode::TOO_MANY_REQUESTS, page),
        )
            .into_response());
    }
    Ok(match entered.map_err(|error: AppError| Failure::from(error))? {
        Ok(()) => answer(StatusCode::OK, resend(&look, &form.kept, &arrival.nonce)),
        Err(wrong) => {
            answer(StatusCode::UNAUTHORIZED, question(&look, &form.email, Some(&wrong), &form.kept))
        }
    })
}

fn read(bytes: &Bytes) -> Result<SignInAgain, Failure> {
    let mut form = SignInAgain::default();
    for (name, value) in form_urlencoded::parse(bytes) {
        match &*name {
            "email" => form.email = value.into_owned(),
            "password" => form.password = value.into_owned(),
            "path" => form.kept.path = value.into_owned(),
            "body" => form.kept.body = value.into_owned(),
            _ => {}
        }
    }
    if !may_be_kept(&form.kept.path) {
        return Err(Failure::new(FailureKind::Invalid, "There is no form to send again."));
    }
    Ok(form)
}

fn answer(status: StatusCode, page: String) -> Response {
    (status, Html(page)).into_response()
}

fn question(look: &PlainPage, email: &str, wrong: Option<&str>, kept: &Kept) -> String {
    let (described, alert) = match wrong {
        Some(wrong) => (
            " aria-invalid=\"true\" aria-describedby=\"wrong\"",
            format!("<p id=\"wrong\" class=\"tone\" data-a=\"bad\" role=\"alert\">{}</p>", escape(wrong)),
        ),
        None => ("", String::new()),
    };
    let body = format!(
        "<p>Sign in again to send your form. What you entered is kept on this page.</p>\
         <form method=\"post\" action=\"{PATH}\">{alert}\
         <input type=\"hidden\" name=\"path\" value=\"{}\"><input type=\"hidden\" name=\"body\" value=\"{}\">\
         <label class=\"label\">E-mail<input class=\"field\" type=\"email\" name=\"email\" value=\"{}\" required autocomplete=\"username\"{described}></label>\
         <label class=\"label\">Password<input class=\"field\" type=\"password\" name=\"password\" required autocomplete=\"current-password\"{described}></label>\
         <button class=\"btn primary\">Sign in and send</button></form>",
        escape(&kept.path),
        escape(&kept.body),
        escape(email),
    );
    look.page("Your session has ended", &body)
}

/// Returns a page with the kept form, which submits itself. Without scripts, the person uses its button.
fn resend(look: &PlainPage, kept: &Kept, nonce: &str) -> String {
    let fields: String = form_urlencoded::parse(kept.body.as_bytes())
        .map(|(name, value)| {
            format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(&name), escape(&value))
        })
        .collect();
    let body = format!(
        "<p>Your form is sent now.</p><form id=\"again\" method=\"post\" action=\"{}\">{fields}<button class=\"btn primary\">Send</button></form>\
         <script nonce=\"{}\">document.getElementById('again').submit()</script>",
        escape(&kept.path),
        escape(nonce),
    );
    look.page("You are signed in", &body)
}

/// Returns a page for a form that was not kept, with a link back to the form's page.
fn lost(look: &PlainPage, parts: &Parts, why: &str) -> Response {
    let next = LocalPath::next(referer(&parts.headers).as_deref());
    let body = format!(
        "<p>{}</p><a class=\"btn primary\" href=\"{}\">Sign in</a>",
        escape(why),
        escape(LocalPath::sign_in(&next).as_str())
    );
    answer(StatusCode::UNAUTHORIZED, look.page("Your session has ended", &body))
}

/// Returns path and query of the page that contains the form.
fn referer(headers: &HeaderMap) -> Option<String> {
    let url = url::Url::parse(headers.get(header::REFERER)?.to_str().ok()?).ok()?;
    Some(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_actions_of_people_who_are_signed_in_are_sent_again() {
        assert!(may_be_kept("/actions/decide-lead") && may_be_kept("/actions/save-change"));
        for other in [
            "/actions/sign-in",
            "/actions/set-password",
            "/api/v1/events",
            "//evil.example/",
            "/actions/none",
            "",
        ] {
            assert!(!may_be_kept(other), "{other}");
        }
    }

    #[test]
    fn fields_come_back_as_they_were_sent() {
        let kept = Kept {
            path: "/actions/decide-lead".into(),
            body: "reason=%22a%26b%22+%3C%C3%A9%3E&shown%5Bof%5D=mine".into(),
        };
        let page = resend(&PlainPage::default(), &kept, "n");
        assert!(page.contains("name=\"reason\" value=\"&quot;a&amp;b&quot; &lt;é&gt;\""), "{page}");
        assert!(page.contains("name=\"shown[of]\" value=\"mine\""), "{page}");
        let asked = question(&PlainPage::default(), "a@b.example", Some("Wrong."), &kept);
        assert!(
            asked.contains("value=\"reason=%22a%26b%22+%3C%C3%A9%3E&amp;shown%5Bof%5D=mine\""),
            "{asked}"
        );
    }
}
