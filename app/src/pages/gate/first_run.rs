//! The page that creates the first administrator of a new installation.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_query_map;
use store::people;

use super::{failed, gate};
use crate::context::Request;
use crate::error::{Error, Missing};
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::form::{InputProps, input};

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
    match people::has_people(&request.store).await {
        Ok(false) => {}
        Ok(true) => {
            Error::NotFound { what: Missing::Page }.set_status();
            let explained = view! {
                <p>{texts().gate_first_run_over()}</p>
                <a class="btn" href="/sign-in">{texts().gate_sign_in()}</a>
            };
            return gate(texts().gate_first_run_over_title(), explained).into_any();
        }
        Err(error) => return failed(&error.into(), &request.request_id).into_any(),
    }
    let body = match code {
        Some(code) if people::is_first_run_code(request.store.keyring(), &code) => {
            Either::Left(person_form(code, &flash))
        }
        wrong => Either::Right(code_form(wrong)),
    };
    gate(texts().gate_first_run_title(), body).into_any()
}

/// Renders the form that asks for the code. Only the operator who started the server can see it, so other
/// people on the network cannot claim the installation.
fn code_form(wrong: Option<String>) -> impl IntoView {
    let mut flash = Flash::default();
    if let Some(code) = wrong {
        flash = flash.error("code", texts().gate_first_run_code_wrong()).value("code", code);
    }
    let code = InputProps {
        label: texts().gate_first_run_code(),
        name: "code",
        kind: "text",
        autocomplete: "off",
        maxlength: 40,
    };
    view! {
        <p>{texts().gate_first_run_code_explained()}</p>
        <form method="get" action="/first-run">
            {input(code, &flash)}
            <button class="btn primary">{texts().gate_first_run_continue()}</button>
        </form>
    }
}

fn person_form(code: String, flash: &Flash) -> impl IntoView + use<> {
    let field = |label, name, kind, autocomplete, maxlength| {
        input(InputProps { label, name, kind, autocomplete, maxlength }, flash)
    };
    view! {
        <p>{texts().gate_first_run_person()}</p>
        <form method="post" action=crate::actions::FirstRun::PATH>
            <input type="hidden" name="code" value=code />
            {field(texts().gate_first_run_name(), "name", "text", "name", 200)}
            {field(texts().gate_email(), "email", "email", "username", 320)}
            {field(texts().gate_password(), "password", "password", "new-password", 1024)}
            {field(texts().gate_repeat_password(), "again", "password", "new-password", 1024)}
            <p class="meta">{texts().gate_first_run_password_rule()}</p>
            <button class="btn primary">{texts().gate_first_run_create()}</button>
        </form>
    }
}
