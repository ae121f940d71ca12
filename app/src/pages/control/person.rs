//! One person: roles, links, and whether they may sign in.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_params_map;
use store::actor::Role;
use store::people::{self, Person, SignInStatus, sessions};
use strum::VariantArray as _;

use crate::actions::people::{MakeLink, SetPersonDisabled, SetPersonRoles};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::ui::chip::dotted;
use crate::ui::form::{CheckboxOption, checks, secret};
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, words};

/// Renders the page of one person.
#[component]
pub fn PersonPage() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id").unwrap_or_default();
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::People, move |here| load(here, id, flash))
}

async fn load(here: PageContext, id: String, flash: Flash) -> Result<PageContent> {
    let store = &here.request.store;
    let not_found = || Error::NotFound { what: "person".into() };
    let id = id.parse().map_err(|_| not_found())?;
    let person = people::by_id(store, id).await?.ok_or_else(not_found)?;
    let browsers = sessions::count(store, person.id, here.request.now).await?;
    let may = here.may::<SetPersonRoles>();
    let is_me = here.request.viewer.as_ref().is_some_and(|viewer| viewer.id == person.id);
    let bar = view! {
        <nav aria-label="Breadcrumb"><a href="/people">"People"</a>" / "</nav>
        <h1 class="clip">{person.name.clone()}</h1>
        {state(&person)}
    };
    let link = flash.values.get("secret").cloned().map(|link| secret("The link", link));
    let change = if may {
        Either::Left(roles(&person))
    } else {
        Either::Right(view! {
            <section aria-labelledby="h-roles">
                <div class="sec-head"><h2 id="h-roles">"Roles"</h2></div>
                <p>{role_tags(&person)}</p>
                <p class="meta">"An administrator changes these."</p>
            </section>
        })
    };
    let body = view! {
        {link}
        <div class="account"><div class="stacked-forms">{facts(&person, browsers, is_me)}{may.then(|| signing_in(&person, is_me))}</div>{change}</div>
    };
    Ok(PageContent { title: person.name, bar: bar.into_any(), body: body.into_any() })
}

fn facts(person: &Person, browsers: i64, is_me: bool) -> impl IntoView + use<> {
    let id = person.id;
    let signed_in = match browsers {
        0 => "Nowhere at the moment".to_owned(),
        n => number::plural(n, "browser", "browsers"),
    };
    view! {
        <section aria-labelledby="h-who">
            <div class="sec-head"><h2 id="h-who">"Who"</h2></div>
            <dl class="kv">
                <dt>"Name"</dt><dd><span class="pair"><span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>{person.name.clone()}</span></dd>
                <dt>"E-mail"</dt><dd>{person.email.clone()}</dd>
                <dt>"Time zone"</dt><dd>{person.time_zone.clone()}</dd>
                <dt>"Signed in"</dt><dd>{signed_in}</dd>
            </dl>
            <ul class="links">
                <li><span><a href=format!("/audit?who=person:{id}")>"What they did"</a></span></li>
                <li><span><a href=format!("/audit?about={id}")>"What was done to their account"</a></span></li>
                {is_me.then(|| view! { <li><span><a href="/account">"Your account"</a></span></li> })}
            </ul>
        </section>
    }
}

fn roles(person: &Person) -> impl IntoView + use<> {
    let held: Vec<String> = person.roles.iter().map(ToString::to_string).collect();
    view! {
        <section aria-labelledby="h-roles">
            <div class="sec-head"><h2 id="h-roles">"Roles"</h2></div>
            <form method="post" action=SetPersonRoles::PATH>
                <input type="hidden" name="person" value=person.id.to_string() />
                {role_checks(&held, None)}
                <button class="btn primary">"Save the roles"</button>
            </form>
        </section>
    }
}

fn signing_in(person: &Person, is_me: bool) -> impl IntoView + use<> {
    let id = person.id.to_string();
    let link = (!person.is_disabled).then(|| {
        let words = if person.has_password { "Make a link to set a new password" } else { "Make a new link to set a password" };
        view! {
            <form method="post" action=MakeLink::PATH>
                <input type="hidden" name="person" value=id.clone() />
                <p class="meta">"You get a link to hand on. It works once, within a day; links before it stop working."</p>
                <button class="btn">{icon(Icon::Key)}{words}</button>
            </form>
        }
    });
    // Administrators must not lock themselves out.
    let shut = (!is_me).then(|| {
        let (value, words, what) = if person.is_disabled {
            ("false", "Let in again", "They can sign in with their password as before.")
        } else {
            (
                "true",
                "Shut out at once",
                "They are signed out everywhere and cannot come back. Nothing they did is touched.",
            )
        };
        view! {
            <form method="post" action=SetPersonDisabled::PATH>
                <input type="hidden" name="person" value=id.clone() />
                <input type="hidden" name="disabled" value=value />
                <p class="meta">{what}</p>
                <button class="btn">{words}</button>
            </form>
        }
    });
    view! {
        <section aria-labelledby="h-door">
            <div class="sec-head"><h2 id="h-door">"Signing in"</h2></div>
            <div class="stacked-forms">{link}{shut}</div>
        </section>
    }
}

/// Renders whether the person can sign in.
pub fn state(person: &Person) -> impl IntoView + use<> {
    let (tone, words) = sign_in_status(person.sign_in_status());
    dotted(tone, words)
}

/// Returns the tone and the label of a sign-in state.
pub fn sign_in_status(door: SignInStatus) -> (&'static str, &'static str) {
    match door {
        SignInStatus::Shut => ("bad", "Shut out"),
        SignInStatus::Invited => ("warn", "Invited"),
        SignInStatus::Open => ("good", "Can sign in"),
    }
}

/// Renders the roles of a person as tags.
pub fn role_tags(person: &Person) -> impl IntoView + use<> {
    if person.roles.is_empty() {
        return Either::Left(
            view! { <span class="quiet">"None: may look at everything and change nothing"</span> },
        );
    }
    let tag = |role: &Role| view! { <span class="tag">{role.title()}</span>" " };
    Either::Right(person.roles.iter().map(tag).collect_view())
}

/// Returns a short description of a role.
fn about(role: Role) -> &'static str {
    match role {
        Role::Enablement => "Owns content: assets and extraction maps",
        Role::RepLeader => "Signs content changes",
        Role::Revops => "Owns rules, lists and pools",
        Role::AeRepLeader => "Signs rule changes that touch assignment",
        Role::Integrations => "Owns destinations and deliveries",
        Role::RevopsLead => "Answers for everything; may stop and roll back",
        Role::SalesLeader => "Reads dashboards and reports",
        Role::Sdr => "Works the SDR queue",
        Role::Ae => "Accepts or rejects assigned leads",
        Role::Admin => "People, API keys, retention",
    }
}

/// Renders a checkbox for each role.
pub fn role_checks(chosen: &[String], error: Option<String>) -> impl IntoView + use<> {
    let all: Vec<CheckboxOption> =
        Role::VARIANTS.iter().map(|role| (role.to_string(), role.title(), about(*role))).collect();
    checks("Roles", "roles", all, chosen, error)
}
