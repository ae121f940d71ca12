//! Everybody who signs in, and in which roles.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::actor::Role;
use store::people::{self, Person};
use strum::VariantArray as _;

use crate::actions::Flash;
use crate::actions::people::{AddPerson, MakeLink, SetPersonDisabled, SetPersonRoles};
use crate::error::Result;
use crate::pages::frame::{Here, Page, Section, page};
use crate::ui::chip::dotted;
use crate::ui::form::{Check, Input, ask, checks, input, secret};
use crate::ui::{number, words};

/// The people.
#[component]
pub fn People() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::People, move |here| load(here, flash))
}

async fn load(here: Here, flash: Flash) -> Result<Page> {
    let people = people::all(&here.request.store).await?;
    let may = here.may::<AddPerson>();
    let count = number::plural(people.len() as i64, "person", "people");
    let bar = view! {
        <h1>"People"</h1>
        <span class="meta">{count}</span>
        {may.then(|| view! { <span class="push">{add(&flash)}</span> })}
    };
    let link = flash.values.get("secret").cloned().map(|link| secret("The link", link));
    let me = here.request.viewer.as_ref().map(|viewer| viewer.id);
    let rows = people.iter().map(|person| row(person, may, me == Some(person.id))).collect_view();
    let body = view! {
        {link}
        <table class="table stack people">
            <caption class="sr">"People and their roles"</caption>
            <thead>
                <tr>
                    <th scope="col">"Person"</th>
                    <th scope="col">"State"</th>
                    <th scope="col">"Roles"</th>
                    <th scope="col">"Time zone"</th>
                    {may.then(|| view! { <th scope="col"><span class="sr">"Change"</span></th> })}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    };
    Ok(Page { title: "People".into(), bar: bar.into_any(), body: body.into_any() })
}

fn row(person: &Person, may: bool, is_me: bool) -> impl IntoView + use<> {
    let (tone, word) = match (person.is_disabled, person.has_password) {
        (true, _) => ("bad", "Shut out"),
        (false, false) => ("warn", "Invited"),
        (false, true) => ("good", "Can sign in"),
    };
    let roles: Vec<&str> = person.roles.iter().map(|role| role.title()).collect();
    let roles = if roles.is_empty() {
        Either::Left(view! { <span class="quiet">"None: may look at everything and change nothing"</span> })
    } else {
        Either::Right(
            roles.into_iter().map(|role| view! { <span class="tag">{role}</span>" " }).collect_view(),
        )
    };
    view! {
        <tr>
            <th scope="row">
                <span class="pair"><span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>{person.name.clone()}
                {is_me.then(|| view! { <span class="quiet">"you"</span> })}</span>
                <small>{person.email.clone()}</small>
            </th>
            <td class="first">{dotted(tone, word)}</td>
            <td class="wide">{roles}</td>
            <td class="quiet" data-l="Time zone">{person.time_zone.clone()}</td>
            {may.then(|| view! { <td class="end">{change(person, is_me)}</td> })}
        </tr>
    }
}

/// What each role may, in a few words.
fn about(role: Role) -> &'static str {
    match role {
        Role::Enablement => "Owns content: assets and extraction maps",
        Role::RepLeader => "Signs content changes",
        Role::Revops => "Owns rules, lists and pools",
        Role::AeRepLeader => "Signs rule changes that touch assignment",
        Role::Integrations => "Owns destinations and the outbox",
        Role::RevopsLead => "Answers for everything; may stop and roll back",
        Role::SalesLeader => "Reads dashboards and reports",
        Role::Sdr => "Works the SDR queue",
        Role::Ae => "Accepts or rejects assigned leads",
        Role::Admin => "People, API keys, retention",
    }
}

fn role_checks(chosen: &[String], error: Option<String>) -> impl IntoView + use<> {
    let all: Vec<Check> =
        Role::VARIANTS.iter().map(|role| (role.to_string(), role.title(), about(*role))).collect();
    checks("Roles", "roles", all, chosen, error)
}

fn add(flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("roles").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let name = Input { label: "Name", name: "name", kind: "text", autocomplete: "off", maxlength: 200 };
    let email = Input { label: "E-mail", name: "email", kind: "email", autocomplete: "off", maxlength: 320 };
    let form = view! {
        <form method="post" action=AddPerson::PATH>
            {input(name, flash)}
            {input(email, flash)}
            {role_checks(&chosen, flash.errors.get("roles").cloned())}
            <p class="meta">"You get a link to hand on. Whoever opens it sets the password."</p>
            <button class="btn primary">"Add the person"</button>
        </form>
    };
    ask("Add a person", !flash.errors.is_empty(), form)
}

fn change(person: &Person, is_me: bool) -> impl IntoView + use<> {
    let (id, name) = (person.id.to_string(), person.name.clone());
    let held: Vec<String> = person.roles.iter().map(ToString::to_string).collect();
    let link_words =
        if person.has_password { "Link to set a new password" } else { "New link to set a password" };
    let (out, out_words) =
        if person.is_disabled { ("false", "Let in again") } else { ("true", "Shut out at once") };
    let form = view! {
        <form method="post" action=SetPersonRoles::PATH>
            <input type="hidden" name="person" value=id.clone() />
            {role_checks(&held, None)}
            <button class="btn primary">"Save the roles"</button>
        </form>
        <div class="row also">
            <form method="post" action=MakeLink::PATH>
                <input type="hidden" name="person" value=id.clone() />
                <button class="btn">{link_words}</button>
            </form>
            // Nobody locks the door behind themselves.
            {(!is_me).then(|| view! {
                <form method="post" action=SetPersonDisabled::PATH>
                    <input type="hidden" name="person" value=id />
                    <input type="hidden" name="disabled" value=out />
                    <button class="btn">{out_words}</button>
                </form>
            })}
        </div>
    };
    ask(view! { "Change"<span class="sr">{format!(" {name}")}</span> }, false, form)
}
