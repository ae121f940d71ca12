//! Pages for people who are not signed in.

mod first_run;

use http::StatusCode;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use store::people::{self, person_of_setup_link};

pub use self::first_run::FirstRun;
use super::frame;
use crate::actions::{ForgotPassword, SetPassword};
use crate::context::Request;
use crate::error::Error;
use crate::flash::Flash;
use crate::ui::icon::{Logo, Sprite};
use crate::ui::note;

/// Renders the sign-in page. Redirects to the first run while no person exists.
#[component]
pub fn SignIn() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    let next = use_query_map().read_untracked().get("next");
    let request = Request::current();
    view! { <Suspense>{Suspend::new(sign_in(request, next, flash))}</Suspense> }
}

async fn sign_in(request: Option<Request>, next: Option<String>, flash: Flash) -> AnyView {
    let Some(request) = request else { return failed(&Error::Internal, "").into_any() };
    match people::is_anybody(&request.store).await {
        Ok(true) => gate("Sign in", sign_in_form(next, flash)).into_any(),
        Ok(false) => {
            leptos_axum::redirect("/first-run");
            ().into_any()
        }
        Err(error) => failed(&error.into(), &request.request_id).into_any(),
    }
}

fn sign_in_form(next: Option<String>, flash: Flash) -> impl IntoView {
    let email = flash.values.get("email").cloned();
    let is_wrong = email.is_some() && !flash.message.is_empty();
    let message = match (is_wrong, flash.message) {
        (_, message) if message.is_empty() => None,
        // The fields refer to this message through `aria-describedby`, so it belongs inside the form.
        (true, message) => {
            Some(view! { <p id="wrong" class="tone" data-a="bad" role="alert">{message}</p> }.into_any())
        }
        (false, message) => Some(note::flash(message, None).into_any()),
    };
    let invalid = is_wrong.then_some("true");
    let described = is_wrong.then_some("wrong");
    let has_email = email.is_some();
    view! {
        <form method="post" action=crate::actions::SignIn::PATH>
            {next.map(|next| view! { <input type="hidden" name="next" value=next /> })}
            {message}
            <label class="label">
                "E-mail"
                <input
                    class="field" type="email" name="email" value=email required autocomplete="username"
                    autofocus=!has_email aria-invalid=invalid aria-describedby=described
                />
            </label>
            <label class="label">
                "Password"
                <input
                    class="field" type="password" name="password" required autocomplete="current-password"
                    autofocus=has_email aria-invalid=invalid aria-describedby=described
                />
            </label>
            <button class="btn primary">"Sign in"</button>
        </form>
        <p class="meta"><a href="/forgot">"Forgot your password?"</a></p>
    }
}

/// Renders the page that requests a password reset link.
#[component]
pub fn Forgot() -> impl IntoView {
    let request = Request::current();
    let is_sent = request.is_some_and(|request| request.post.is_some() && request.public_url.is_some());
    let form = if is_sent {
        Either::Left(view! {
            <p>"You get an e-mail with a link to set a new password."</p>
            <form method="post" action=ForgotPassword::PATH>
                <label class="label">
                    "E-mail"
                    <input class="field" type="email" name="email" required autocomplete="username" maxlength="320" autofocus />
                </label>
                <button class="btn primary">"Send link"</button>
            </form>
        })
    } else {
        Either::Right(view! {
            <p>"This installation sends no e-mail. Ask an administrator for a link to set a new password."</p>
            <p class="meta">"Administrators can create one on the server: "<code>"meshline user link E-MAIL"</code></p>
        })
    };
    gate("Reset your password", view! { {form}<p class="meta"><a href="/sign-in">"Back to sign-in"</a></p> })
}

/// Renders the page that sets a password through a single-use link.
#[component]
pub fn SetUp() -> impl IntoView {
    let token = use_params_map().read_untracked().get("token").unwrap_or_default();
    let flash = use_context::<Flash>().unwrap_or_default();
    let request = Request::current();
    view! { <Suspense>{Suspend::new(set_up(request, token, flash))}</Suspense> }
}

async fn set_up(request: Option<Request>, token: String, flash: Flash) -> AnyView {
    let Some(request) = request else { return failed(&Error::Internal, "").into_any() };
    match person_of_setup_link(&request.store, &token, request.now).await {
        Ok(Some(person)) => {
            gate("Set your password", password_form(&person.name, &person.email, token, &flash)).into_any()
        }
        Ok(None) => {
            Error::NotFound { what: "link".into() }.set_status();
            let explained = view! {
                <p>"It was already used, it has expired, or there is a newer one. Each link works once."</p>
                <p>"If you have set your password, sign in. If not, ask an administrator for a new link."</p>
                <a class="btn" href="/sign-in">"Sign in"</a>
            };
            gate("This link no longer works", explained).into_any()
        }
        Err(error) => failed(&error.into(), &request.request_id).into_any(),
    }
}

fn password_form(name: &str, email: &str, token: String, flash: &Flash) -> impl IntoView + use<> {
    let error = |field: &str| flash.errors.get(field).cloned();
    view! {
        <p class="quiet">{format!("For {name}, {email}.")}</p>
        <form method="post" action=SetPassword::PATH>
            <input type="hidden" name="token" value=token />
            <input type="hidden" name="username" value=email.to_owned() autocomplete="username" />
            {password("Password", "password", error("password"))}
            {password("Repeat password", "again", error("again"))}
            <button class="btn primary">"Set password"</button>
        </form>
    }
}

fn password(label: &'static str, name: &'static str, error: Option<String>) -> impl IntoView {
    let id = format!("{name}-error");
    let described = error.is_some().then(|| id.clone());
    let invalid = error.is_some().then_some("true");
    view! {
        <label class="label">
            {label}
            <input
                class="field" type="password" name=name required autocomplete="new-password"
                aria-invalid=invalid aria-describedby=described
            />
        </label>
        {error.map(|error| view! { <p id=id class="tone" data-a="bad">{error}</p> })}
    }
}

/// Renders the page for unknown URLs.
#[component]
pub fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
    let request = Request::current();
    let signed_in = request.as_ref().is_some_and(|request| request.viewer.is_some());
    let way_on = if signed_in {
        Either::Left(view! { <a class="btn" href="/leads">"Go to leads"</a> })
    } else {
        Either::Right(view! { <a class="btn" href="/sign-in">"Sign in"</a> })
    };
    let explained = view! {
        <p>"There is no page at "<code>{frame::here()}</code>". Check the address."</p>
        {way_on}
        {request.map(|request| frame::request_id(&request.request_id))}
    };
    gate("Page not found", explained)
}

fn failed(error: &Error, request_id: &str) -> impl IntoView + use<> {
    error.set_status();
    gate("This page cannot be shown", view! { <p>{error.to_string()}</p>{frame::request_id(request_id)} })
}

fn gate(title: &'static str, children: impl IntoView) -> impl IntoView {
    view! {
        <Title text=format!("{title} · Meshline") />
        <Sprite />
        <div class="gate">
            <header><a class="brand" href="/"><Logo />"Meshline"</a></header>
            <main id="main"><h1>{title}</h1>{children}</main>
        </div>
    }
}
