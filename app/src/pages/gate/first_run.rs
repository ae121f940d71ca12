//! The page that creates the first administrator of a new installation.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_query_map;
use store::people;

use super::{failed, gate};
use crate::context::Request;
use crate::error::Error;
use crate::flash::Flash;
use crate::ui::form::{Input, input};

/// Renders the form that creates the first administrator. It requires the code that the server prints at start-up.
#[component]
pub fn FirstRun() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    let code = use_query_map().read_untracked().get("code").map(|code| code.trim().to_owned());
    let request = Request::current();
    view! { <Suspense>{Suspend::new(first_run(request, code, flash))}</Suspense> }
}

async fn first_run(request: Option<Request>, code: Option<String>, flash: Flash) -> AnyView {
    let Some(request) = request else { return failed(&Error::Internal, "").into_any() };
    match people::is_anybody(&request.store).await {
        Ok(false) => {}
        Ok(true) => {
            Error::NotFound { what: "page".into() }.set_status();
            let explained = view! {
                <p>"Meshline is already set up. An administrator can add you under People."</p>
                <a class="btn" href="/sign-in">"Sign in"</a>
            };
            return gate("Already set up", explained).into_any();
        }
        Err(error) => return failed(&error.into(), &request.request_id).into_any(),
    }
    let body = match code {
        Some(code) if people::is_first_run_code(request.store.keyring(), &code) => {
            Either::Left(person_form(code, &flash))
        }
        wrong => Either::Right(code_form(wrong)),
    };
    gate("Welcome to Meshline", body).into_any()
}

/// Renders the form that asks for the code. Only the operator who started the server can see it, so other
/// people on the network cannot claim the installation.
fn code_form(wrong: Option<String>) -> impl IntoView {
    let mut flash = Flash::default();
    if let Some(code) = wrong {
        flash = flash.error("code", "This is not the code from the server's log.").value("code", code);
    }
    let code = Input { label: "Code", name: "code", kind: "text", autocomplete: "off", maxlength: 40 };
    view! {
        <p>"No account exists yet. When it started, the server printed a code in its terminal or log."</p>
        <form method="get" action="/first-run">
            {input(code, &flash)}
            <button class="btn primary">"Continue"</button>
        </form>
    }
}

fn person_form(code: String, flash: &Flash) -> impl IntoView + use<> {
    let field = |label, name, kind, autocomplete, maxlength| {
        input(Input { label, name, kind, autocomplete, maxlength }, flash)
    };
    view! {
        <p>"You are the first user and become the administrator, who adds everyone else."</p>
        <form method="post" action=crate::actions::FirstRun::PATH>
            <input type="hidden" name="code" value=code />
            {field("Your name", "name", "text", "name", 200)}
            {field("E-mail", "email", "email", "username", 320)}
            {field("Password", "password", "password", "new-password", 1024)}
            {field("Repeat password", "again", "password", "new-password", 1024)}
            <p class="meta">"At least 12 characters."</p>
            <button class="btn primary">"Create account"</button>
        </form>
    }
}
