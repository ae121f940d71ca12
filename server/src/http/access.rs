//! Identifies the caller and checks its permission in the access table.

use app::access::{self, ACCESS, AccessDenied, Caller, Need};
use app::actions::{LocalPath, connection};
use app::context::Viewer;
use axum::extract::MatchedPath;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use chrono_tz::Tz;
use store::people::sessions::SessionIdHash;
use store::people::{self, ApiKey, Person};
use tower_sessions::Session;

use super::failure::is_program;
use super::{Arrival, Config, Failure, FailureKind, State, sessions};

/// The caller of a request, identified once per request.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The caller as the access table sees it.
    pub caller: Caller,
    /// The person, if one is signed in.
    pub viewer: Option<Viewer>,
    /// The API key, if a program calls.
    pub key: Option<ApiKey>,
    /// Whether the call comes from this machine. True for every call if metrics are open to all.
    pub is_local: bool,
}

/// How to answer a request that is not admitted.
pub(super) enum AdmissionRefusal {
    /// With this response.
    Answer(Box<Response>),
    /// With a page on which the person signs in again, which keeps the submitted form.
    SessionOver,
    /// With the message that the person's roles do not include this page. The request holds the identity.
    OtherRole(Box<Failure>),
}

/// Identifies the caller, stores the identity in the request, and checks its permission.
pub(super) async fn admit(state: &State, request: &mut Parts) -> Result<(), AdmissionRefusal> {
    let refuse = |failure: Failure| AdmissionRefusal::Answer(Box::new(failure.into_response()));
    let method = request.method.clone();
    let Some(path) = request.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()) else {
        // Nothing exists at this address, but the error page greets a person who is signed in.
        let need = if is_program(request.uri.path()) { Need::Anyone } else { Need::SignedIn };
        let identity = identify(state, request, need).await.map_err(refuse)?;
        request.extensions.insert(identity);
        return Ok(());
    };
    let Some(need) = access::need(&method, &path) else { return Err(refuse(unlisted(&method, &path))) };
    let need = if need == Need::Anyone && !is_program(&path) { Need::SignedIn } else { need };
    let identity = identify(state, request, need).await.map_err(refuse)?;
    if let Err(denied) = access::check(&method, &path, &identity.caller, identity.is_local) {
        let for_people = matches!(need, Need::SignedIn | Need::Roles(_));
        let is_read = matches!(method, Method::GET | Method::HEAD);
        return Err(match denied {
            AccessDenied::SignedOut if for_people && !is_read => AdmissionRefusal::SessionOver,
            AccessDenied::Forbidden if for_people && is_read => {
                request.extensions.insert(identity);
                AdmissionRefusal::OtherRole(Box::new(forbidden(need)))
            }
            denied => AdmissionRefusal::Answer(Box::new(deny(denied, need, request))),
        });
    }
    request.extensions.insert(identity);
    Ok(())
}

/// Identifies the caller by the method that fits the address: an API key for programs, a session for people.
async fn identify(state: &State, request: &Parts, need: Need) -> Result<Identity, Failure> {
    let arrival = request.extensions.get::<Arrival>();
    let mut identity =
        Identity { caller: Caller::Nobody, viewer: None, key: None, is_local: state.config.open_metrics };
    match need {
        Need::Anyone => {}
        Need::SignedIn | Need::Roles(_) => {
            if let (Some(session), Some(arrival)) = (request.extensions.get::<Session>(), arrival)
                && sessions::has_cookie(&request.headers, &state.config)
                && let Some(person) = person(state, session, arrival, is_by_person(request)).await?
            {
                identity.caller = Caller::Person(person.roles.clone());
                identity.viewer = Some(viewer(person, sessions::id_hash(session)));
            }
        }
        Need::Scope(_) | Need::ScopeOrLocal(_) => {
            identity.is_local |= arrival.is_some_and(|arrival| arrival.peer.is_loopback())
                && !is_forwarded(&request.headers)
                && !is_behind_unknown_proxy(&state.config);
            if let Some(secret) = bearer(&request.headers)
                && let Some(key) = state.keys.get(&state.store.access(), secret).await?
            {
                identity.caller = Caller::Key(key.scopes.clone());
                identity.key = Some(key);
            }
        }
    }
    Ok(identity)
}

/// Returns the person of a session. Reads roles and deactivation from the database each time, so that changes apply immediately.
async fn person(
    state: &State,
    session: &Session,
    arrival: &Arrival,
    is_by_person: bool,
) -> Result<Option<Person>, Failure> {
    let Some(id) = connection::who(session, arrival.at, is_by_person).await? else { return Ok(None) };
    match people::by_id(&state.store.access(), id).await? {
        Some(person) if !person.is_disabled => Ok(Some(person)),
        _ => {
            connection::leave(session).await?;
            Ok(None)
        }
    }
}

/// Returns whether a person made the request. An open page that a script refreshes does not keep a session alive.
fn is_by_person(request: &Parts) -> bool {
    let is_script = request.headers.get("sec-fetch-dest").is_some_and(|dest| dest == "empty");
    !(is_script && matches!(request.method, Method::GET | Method::HEAD))
}

fn viewer(person: Person, session: Option<SessionIdHash>) -> Viewer {
    Viewer {
        id: person.id,
        name: person.name,
        email: person.email,
        roles: person.roles,
        time_zone: person.time_zone.parse().unwrap_or(Tz::UTC),
        number_format: person.number_format,
        single_keys: person.single_keys,
        session,
    }
}

/// Returns the secret in `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

/// Returns whether the request carries a key, valid or not.
pub fn is_bearer(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
}

/// Returns whether a proxy on this machine forwarded the request from elsewhere.
fn is_forwarded(headers: &HeaderMap) -> bool {
    ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name))
}

/// Returns whether there must be a proxy, since pages are served over HTTPS, and none is known: it may run on this machine and
/// add no header, so that every client would look local.
fn is_behind_unknown_proxy(config: &Config) -> bool {
    config.secure_cookies && config.trusted_proxies.is_empty()
}

fn deny(denied: AccessDenied, need: Need, request: &Parts) -> Response {
    let for_people = matches!(need, Need::SignedIn | Need::Roles(_));
    match denied {
        AccessDenied::SignedOut if for_people => {
            let next = LocalPath::next(request.uri.path_and_query().map(|path| path.as_str()));
            axum::response::Redirect::to(LocalPath::sign_in(&next).as_str()).into_response()
        }
        AccessDenied::SignedOut if is_bearer(&request.headers) => {
            Failure::new(FailureKind::Unauthorized, "The key does not exist or was revoked.")
                .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""))
                .into_response()
        }
        AccessDenied::SignedOut => {
            Failure::new(FailureKind::Unauthorized, "Send a key as `Authorization: Bearer ml_…`.")
                .into_response()
        }
        AccessDenied::Forbidden => forbidden(need).into_response(),
        AccessDenied::Unlisted => Failure::new(FailureKind::Forbidden, "Not available.").into_response(),
    }
}

fn forbidden(need: Need) -> Failure {
    let detail = match need {
        Need::Scope(scope) | Need::ScopeOrLocal(scope) => {
            format!("This needs a key with the scope `{scope}`.")
        }
        _ => "Your roles do not include this.".to_owned(),
    };
    Failure::new(FailureKind::Forbidden, detail)
}

/// Returns the failure for a path that the router has and the access table lacks, at least for this method.
fn unlisted(method: &Method, path: &str) -> Failure {
    let mut methods: Vec<&str> =
        ACCESS.iter().filter(|line| line.path == path).map(|line| line.method.as_str()).collect();
    if methods.is_empty() {
        tracing::error!(%method, path, "the path is not in the table of who may call what");
        return Failure::new(FailureKind::Forbidden, "Not available.");
    }
    if methods.contains(&"GET") {
        methods.push("HEAD");
    }
    let allow = HeaderValue::from_str(&methods.join(", ")).unwrap_or(HeaderValue::from_static("GET"));
    Failure::new(FailureKind::MethodNotAllowed, format!("{method} is not supported here."))
        .header(header::ALLOW, allow)
}
