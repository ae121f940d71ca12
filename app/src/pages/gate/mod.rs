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
use crate::error::{Error, Missing};
use crate::flash::Flash;
use crate::texts::texts;
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
    match people::has_people(&request.store).await {
        Ok(true) => gate(texts().gate_sign_in(), sign_in_form(next, flash)).into_any(),
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
        (false, message) => Some(note::flash(message, flash.is_problem, None).into_any()),
    };
    let invalid = is_wrong.then_some("true");
    let described = is_wrong.then_some("wrong");
    let has_email = email.is_some();
    view! {
        <form method="post" action=crate::actions::SignIn::PATH>
            {next.map(|next| view! { <input type="hidden" name="next" value=next /> })}
            {message}
            <label class="label">
                {texts().gate_email()}
                <input
                    class="field" type="email" name="email" value=email required autocomplete="username"
                    autofocus=!has_email aria-invalid=invalid aria-describedby=described
                />
            </label>
            <label class="label">
                {texts().gate_password()}
                <input
                    class="field" type="password" name="password" required autocomplete="current-password"
                    autofocus=has_email aria-invalid=invalid aria-describedby=described
                />
            </label>
            <button class="btn primary">{texts().gate_sign_in()}</button>
        </form>
        <p class="meta"><a href="/forgot">{texts().gate_forgot()}</a></p>
    }
}

/// Renders the page that requests a password reset link.
#[component]
pub fn Forgot() -> impl IntoView {
    let request = Request::current();
    let is_sent = request.is_some_and(|request| request.post.is_some() && request.public_url.is_some());
    let form = if is_sent {
        Either::Left(view! {
            <p>{texts().gate_reset_explained()}</p>
            <form method="post" action=ForgotPassword::PATH>
                <label class="label">
                    {texts().gate_reset_email()}
                    <input class="field" type="email" name="email" required autocomplete="username" maxlength="320" autofocus />
                </label>
                <button class="btn primary">{texts().gate_reset_send()}</button>
            </form>
        })
    } else {
        Either::Right(view! {
            <p>{texts().gate_reset_no_mail()}</p>
            <p class="meta">{texts().gate_reset_command()}" "<code>"meshline user link E-MAIL"</code></p>
        })
    };
    gate(
        texts().gate_reset_title(),
        view! { {form}<p class="meta"><a href="/sign-in">{texts().gate_reset_back()}</a></p> },
    )
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
            gate(texts().gate_set_up_title(), password_form(&person.name, &person.email, token, &flash))
                .into_any()
        }
        Ok(None) => {
            Error::NotFound { what: Missing::Link }.set_status();
            let explained = view! {
                <p>{texts().gate_link_used()}</p>
                <p>{texts().gate_link_next()}</p>
                <a class="btn" href="/sign-in">{texts().gate_sign_in()}</a>
            };
            gate(texts().gate_link_title(), explained).into_any()
        }
        Err(error) => failed(&error.into(), &request.request_id).into_any(),
    }
}

fn password_form(name: &str, email: &str, token: String, flash: &Flash) -> impl IntoView + use<> {
    let error = |field: &str| flash.errors.get(field).cloned();
    view! {
        <p class="quiet">{texts().gate_set_up_for(name, email)}</p>
        <form method="post" action=SetPassword::PATH>
            <input type="hidden" name="token" value=token />
            <input type="hidden" name="username" value=email.to_owned() autocomplete="username" />
            {password(texts().gate_password(), "password", error("password"))}
            {password(texts().gate_repeat_password(), "again", error("again"))}
            <button class="btn primary">{texts().gate_set_password()}</button>
        </form>
    }
}

fn password(label: String, name: &'static str, error: Option<String>) -> impl IntoView {
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
        Either::Left(view! { <a class="btn" href="/leads">{texts().gate_to_leads()}</a> })
    } else {
        Either::Right(view! { <a class="btn" href="/sign-in">{texts().gate_sign_in()}</a> })
    };
    let explained = view! {
        <p>{texts().gate_not_found()}" "<code>{frame::current_path()}</code>{texts().gate_not_found_rest()}</p>
        {way_on}
        {request.map(|request| frame::request_id(&request.request_id))}
    };
    gate(texts().gate_not_found_title(), explained)
}

fn failed(error: &Error, request_id: &str) -> impl IntoView + use<> {
    error.set_status();
    gate(texts().gate_failed_title(), view! { <p>{error.to_string()}</p>{frame::request_id(request_id)} })
}

fn gate(title: String, children: impl IntoView) -> impl IntoView {
    view! {
        <Title text=format!("{title} · Meshline") />
        <Sprite />
        <div class="gate">
            <header><a class="brand" href="/"><Logo />"Meshline"</a></header>
            <main id="main"><h1>{title.clone()}</h1>{children}</main>
        </div>
    }
}
