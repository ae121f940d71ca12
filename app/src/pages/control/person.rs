//! One person: roles, links, and whether they may sign in.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_params_map;
use store::actor::Role;
use store::people::{self, Holdings, Person, SignInStatus, sessions};
use store::reads::frame::names_of_actors;
use strum::VariantArray as _;

use crate::actions::people::{MakeLink, SetPersonDisabled, SetPersonRoles};
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::pages::control::role_terms::RoleTerms;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::ui::chip::dotted;
use crate::ui::form::{CheckboxOption, ask_danger, checks, secret};
use crate::ui::icon::{Icon, icon};
use crate::ui::{number, titles, words};

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
    let may = here.may::<SetPersonRoles>();
    let (browsers, holdings) = tokio::try_join!(
        sessions::count(store, person.id, here.request.now),
        people::holdings(store, person.id)
    )?;
    let terms = people::terms(store, person.id).await?;
    let actors = terms.iter().flat_map(|term| {
        term.given_by.clone().into_iter().chain(term.confirmed_by.map(|by| format!("person:{by}")))
    });
    let names = names_of_actors(store, &actors.collect::<Vec<_>>()).await?;
    let administrator =
        here.request.viewer.as_ref().filter(|_| may).map(|viewer| format!("person:{}", viewer.id));
    let held = RoleTerms { terms, names, administrator, clock: here.clock }.render(&person);
    let is_me = here.request.viewer.as_ref().is_some_and(|viewer| viewer.id == person.id);
    let bar = view! {
        <nav aria-label="Breadcrumb"><a href="/people">"People"</a>" / "</nav>
        <h1 class="clip">{person.name.clone()}</h1>
        {state(&person)}
    };
    let link = flash.secret_text().map(|link| secret("Link", link));
    let change = if may {
        Either::Left(roles(&person))
    } else {
        Either::Right(view! {
            <section aria-labelledby="h-roles">
                <div class="sec-head"><h2 id="h-roles">"Roles"</h2></div>
                <p>{role_tags(&person)}</p>
                <p class="meta">"Administrators can change these."</p>
            </section>
        })
    };
    let body = view! {
        {link}
        <div class="account"><div class="stacked-forms">{facts(&person, browsers, is_me)}{may.then(|| signing_in(&person, &holdings, is_me))}</div><div class="stacked-forms">{change}{held}</div></div>
    };
    Ok(PageContent { title: person.name, bar: bar.into_any(), body: body.into_any() })
}

fn facts(person: &Person, browsers: i64, is_me: bool) -> impl IntoView + use<> {
    let id = person.id;
    let signed_in = match browsers {
        0 => "Not signed in".to_owned(),
        n => number::plural(n, "browser", "browsers"),
    };
    view! {
        <section aria-labelledby="h-who">
            <div class="sec-head"><h2 id="h-who">"Profile"</h2></div>
            <dl class="kv">
                <dt>"Name"</dt><dd><span class="pair"><span class="avatar" aria-hidden="true">{words::initials(&person.name)}</span>{person.name.clone()}</span></dd>
                <dt>"E-mail"</dt><dd>{person.email.clone()}</dd>
                <dt>"Time zone"</dt><dd>{person.time_zone.clone()}</dd>
                <dt>"Signed in"</dt><dd>{signed_in}</dd>
            </dl>
            <ul class="links">
                <li><span><a href=format!("/audit?who=person:{id}")>"Changes by this person"</a></span></li>
                <li><span><a href=format!("/audit?about={id}")>"Changes to this account"</a></span></li>
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
                <button class="btn primary">"Save roles"</button>
            </form>
        </section>
    }
}

fn signing_in(person: &Person, holdings: &Holdings, is_me: bool) -> impl IntoView + use<> {
    let id = person.id.to_string();
    let link = (!person.is_disabled).then(|| {
        let words = if person.has_password { "Create password link" } else { "Create new invite link" };
        view! {
            <form method="post" action=MakeLink::PATH>
                <input type="hidden" name="person" value=id.clone() />
                <p class="meta">"You get a link to send to the person. It works once and expires after a day. Earlier links stop working."</p>
                <button class="btn">{icon(Icon::Key)}{words}</button>
            </form>
        }
    });
    // Administrators must not lock themselves out.
    let shut = (!is_me).then(|| {
        if person.is_disabled {
            return Either::Left(view! {
                <form method="post" action=SetPersonDisabled::PATH>
                    <input type="hidden" name="person" value=id.clone() />
                    <input type="hidden" name="disabled" value="false" />
                    <p class="meta">"The person can then sign in with their password as before."</p>
                    <button class="btn">"Reactivate"</button>
                </form>
            });
        }
        let form = view! {
            <form method="post" action=SetPersonDisabled::PATH>
                <input type="hidden" name="person" value=id.clone() />
                <input type="hidden" name="disabled" value="true" />
                <p>{format!("{} is signed out everywhere at once and cannot sign in again until you reactivate the account. Their history stays.", person.name)}</p>
                {vacancies(holdings)}
                <button class="btn danger">{format!("Deactivate {}", person.name)}</button>
            </form>
        };
        Either::Right(ask_danger("Deactivate", false, form))
    });
    view! {
        <section aria-labelledby="h-door">
            <div class="sec-head"><h2 id="h-door">"Sign-in"</h2></div>
            <div class="stacked-forms">{link}{shut}</div>
        </section>
    }
}

/// Renders what depends on the person and has to be handed over.
fn vacancies(holdings: &Holdings) -> impl IntoView + use<> {
    let lines = vacant(holdings);
    if lines.is_empty() {
        return Either::Left(
            view! { <p class="meta">"No pools, layers, approvals or open leads depend on this person."</p> },
        );
    }
    let lines = lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view();
    Either::Right(view! {
        <div class="note" data-a="warn">
            {icon(Icon::Alert)}
            <div>
                <p><strong>"Find a successor first:"</strong></p>
                <ul class="bullets">{lines}</ul>
            </div>
        </div>
    })
}

/// Describes what falls vacant, one line for each duty.
fn vacant(holdings: &Holdings) -> Vec<String> {
    let Holdings { pools, layers, approvals, sole_approvals, changes, leads, claims } = holdings;
    let mut lines = Vec::new();
    if !pools.is_empty() {
        let names: Vec<String> = pools.iter().map(|name| titles::pool(name)).collect();
        lines.push(format!("Leads keep coming to them from: {}", names.join(", ")));
    }
    if !layers.is_empty() {
        let names: Vec<&str> = layers.iter().map(|name| layer(name)).collect();
        lines.push(format!("Owner of: {}", names.join(", ")));
    }
    match (*approvals, *sole_approvals) {
        (0, _) => {}
        (open, 0) => lines.push(format!(
            "{} that others can give, too",
            number::plural(open, "open approval", "open approvals")
        )),
        (open, sole) => lines.push(format!(
            "{}; {} only they can give",
            number::plural(open, "open approval", "open approvals"),
            number::count(sole)
        )),
    }
    if *changes > 0 {
        lines.push(number::plural(*changes, "open change of theirs", "open changes of theirs"));
    }
    if *leads > 0 {
        lines.push(number::plural(*leads, "open lead assigned to them", "open leads assigned to them"));
    }
    if *claims > 0 {
        lines.push(format!("{} in the queue", number::plural(*claims, "claimed lead", "claimed leads")));
    }
    lines
}

/// Returns the title of a layer.
fn layer(name: &str) -> &'static str {
    match name {
        "content" => "Content",
        "rules" => "Rules",
        "sync" => "Execution & sync",
        _ => "Control",
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
        SignInStatus::Shut => ("bad", "Deactivated"),
        SignInStatus::Invited => ("warn", "Invited"),
        SignInStatus::Open => ("good", "Active"),
    }
}

/// Renders the roles of a person as tags.
pub fn role_tags(person: &Person) -> impl IntoView + use<> {
    if person.roles.is_empty() {
        return Either::Left(view! { <span class="quiet">"None: read access only"</span> });
    }
    let tag = |role: &Role| view! { <span class="tag">{role.title()}</span>" " };
    Either::Right(person.roles.iter().map(tag).collect_view())
}

/// Returns a short description of a role.
fn about(role: Role) -> &'static str {
    match role {
        Role::Enablement => "Owns content: assets and extraction maps",
        Role::RepLeader => "Approves content changes",
        Role::Revops => "Owns rules, lists and pools",
        Role::AeRepLeader => "Approves rule changes that affect assignment",
        Role::Integrations => "Owns destinations and deliveries",
        Role::RevopsLead => "Accountable for all layers; can stop workflows and roll back",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_falls_vacant_is_said_in_words() {
        assert!(vacant(&Holdings::default()).is_empty());
        let holdings = Holdings {
            pools: vec!["enterprise-ae".into()],
            layers: vec!["rules".into(), "sync".into()],
            approvals: 2,
            sole_approvals: 1,
            leads: 3,
            ..Holdings::default()
        };
        assert_eq!(
            vacant(&holdings),
            [
                "Leads keep coming to them from: Enterprise ae",
                "Owner of: Rules, Execution & sync",
                "2\u{a0}open approvals; 1 only they can give",
                "3\u{a0}open leads assigned to them",
            ]
        );
        let shared = Holdings { approvals: 1, ..Holdings::default() };
        assert_eq!(vacant(&shared), ["1\u{a0}open approval that others can give, too"]);
    }
}
