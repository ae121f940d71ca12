//! Settings of the whole organization.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::actor::Role;
use store::people::{self, Person};
use store::settings::{self, Organisation};
use store::{Store, layers};

use super::account::{formats, zones};
use crate::actions::settings::{SendTestMail, SetOrganisation, SetOwners};
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
use crate::ui::form::{InputProps, input};
use crate::ui::{number, roles};

/// Name, which is that of its form field, and owning role of each layer.
const LAYERS: [(&str, Role); 4] = [
    ("content", Role::Enablement),
    ("rules", Role::Revops),
    ("sync", Role::Integrations),
    ("control", Role::RevopsLead),
];

/// Returns the title of a layer.
pub fn layer_title(name: &str) -> String {
    match name {
        "content" => texts().frame_content(),
        "rules" => texts().frame_rules(),
        "sync" => texts().frame_sync(),
        _ => texts().frame_control(),
    }
}

/// The environment variables that the page names.
const PUBLIC_URL: &str = "MESHLINE_PUBLIC_URL";
const SMTP_URL: &str = "MESHLINE_SMTP_URL";
const MAIL_FROM: &str = "MESHLINE_MAIL_FROM";

/// Renders the settings. Only administrators can change them, but every person can read them.
#[component]
pub fn Settings() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Settings, move |here| load(here, flash))
}

async fn load(here: PageContext, mut flash: Flash) -> Result<PageContent> {
    let store = &here.request.store;
    let organisation = settings::organisation(store).await?;
    flash.values.entry("name".into()).or_insert_with(|| organisation.name.clone());
    let owners = owners(store, &flash).await?;
    let may = here.may::<SetOrganisation>();
    let bar = view! { <h1>{texts().settings_title()}</h1>{(!may).then(|| view! { <span class="meta">{texts().people_administrators_only()}</span> })} };
    let body = view! {
        <div class="account">
            {organisation_section(&organisation, &flash, may)}
            {owners_section(owners, &flash, may)}
            {address_section(here.request.public_url.as_deref())}
            {mail_section(here.request.post.is_some(), may)}
        </div>
    };
    Ok(PageContent { title: texts().settings_title(), bar: bar.into_any(), body: body.into_any() })
}

fn organisation_section(organisation: &Organisation, flash: &Flash, may: bool) -> impl IntoView + use<> {
    let name = InputProps {
        label: texts().settings_name(),
        name: "name",
        kind: "text",
        autocomplete: "organization",
        maxlength: 60,
    };
    let content = if may {
        Either::Left(view! {
            <form method="post" action=SetOrganisation::PATH>
                {input(name, flash)}
                <p class="meta">{texts().settings_name_about()}</p>
                <label class="label">{texts().settings_time_zone()}{zones("zone", &organisation.time_zone)}</label>
                <label class="label">{texts().settings_number_format()}{formats("numbers", organisation.number_format)}</label>
                <button class="btn">{texts().settings_save_organization()}</button>
            </form>
        })
    } else {
        let name =
            if organisation.name.is_empty() { texts().settings_no_name() } else { organisation.name.clone() };
        Either::Right(view! {
            <dl class="kv">
                <dt>{texts().settings_name()}</dt><dd>{name}</dd>
                <dt>{texts().settings_time_zone()}</dt><dd>{organisation.time_zone.clone()}</dd>
                <dt>{texts().settings_number_format()}</dt><dd>{number::example(organisation.number_format)}</dd>
            </dl>
        })
    };
    section("h-organisation", texts().settings_organization(), content)
}

/// A layer with its current owner and the people who could own it.
struct Owner {
    field: &'static str,
    role: Role,
    candidates: Vec<Person>,
    chosen: Option<String>,
}

async fn owners(store: &Store, flash: &Flash) -> Result<Vec<Owner>> {
    let current = layers::owners(store).await?;
    let mut owners = Vec::with_capacity(LAYERS.len());
    for ((field, role), email) in LAYERS.into_iter().zip(current) {
        let mut candidates = people::holders(store, role).await?;
        // The current owner keeps the layer even after losing the role.
        if let Some(email) =
            email.as_deref().filter(|email| candidates.iter().all(|person| person.email != *email))
        {
            candidates.extend(people::by_email(store, email).await?);
        }
        let chosen = flash.values.get(field).cloned().or(email);
        owners.push(Owner { field, role, candidates, chosen });
    }
    Ok(owners)
}

fn owners_section(owners: Vec<Owner>, flash: &Flash, may: bool) -> impl IntoView + use<> {
    let content = if may {
        let choices = owners.into_iter().map(|owner| choice(owner, flash)).collect_view();
        Either::Left(view! {
            <form method="post" action=SetOwners::PATH>
                {choices}
                <p class="meta">{texts().settings_two_owners()}</p>
                <button class="btn">{texts().settings_save_owners()}</button>
            </form>
        })
    } else {
        let line = |owner: Owner| {
            let name =
                owner.candidates.into_iter().find(|person| Some(&person.email) == owner.chosen.as_ref());
            view! { <dt>{layer_title(owner.field)}</dt><dd>{name.map_or_else(|| texts().settings_no_owner(), |person| person.name)}</dd> }
        };
        Either::Right(view! { <dl class="kv">{owners.into_iter().map(line).collect_view()}</dl> })
    };
    section("h-owners", texts().settings_owners(), content)
}

fn choice(owner: Owner, flash: &Flash) -> impl IntoView + use<> {
    let Owner { field, role, candidates, chosen } = owner;
    let error = flash.errors.get(field).cloned();
    let id = format!("{field}-error");
    let described = error.is_some().then(|| id.clone());
    let invalid = error.is_some().then_some("true");
    let option = |person: Person| {
        let selected = Some(&person.email) == chosen.as_ref();
        view! { <option value=person.email selected=selected>{person.name}</option> }
    };
    view! {
        <div class="stacked">
            <label class="label">
                {layer_title(field)}
                <select class="field" name=field aria-invalid=invalid aria-describedby=described>
                    <option value="">{texts().settings_no_owner()}</option>
                    {candidates.into_iter().map(option).collect_view()}
                </select>
            </label>
            {match error {
                Some(error) => Either::Left(view! { <p id=id class="tone" data-a="bad">{error}</p> }),
                None => Either::Right(view! { <p class="meta">{texts().settings_owner_role(roles::title(role))}</p> }),
            }}
        </div>
    }
}

fn address_section(url: Option<&str>) -> impl IntoView + use<> {
    let content = match url {
        Some(url) => Either::Left(view! { <p><code>{url.to_owned()}</code></p> }),
        None => Either::Right(view! { <p>{texts().settings_no_address()}</p> }),
    };
    let next = texts().settings_address_next();
    let content =
        view! { {content}<p class="meta">{part(next.s0)}<code>{PUBLIC_URL}</code>{part(next.s1)}</p> };
    section("h-address", texts().settings_address(), content)
}

fn mail_section(is_configured: bool, may: bool) -> impl IntoView {
    let content = if is_configured {
        Either::Left(view! {
            <p>{texts().settings_mail_about()}</p>
            {may.then(|| view! { <form method="post" action=SendTestMail::PATH><button class="btn">{texts().settings_send_test()}</button></form> })}
        })
    } else {
        let next = texts().settings_no_mail_next();
        Either::Right(view! {
            <p>{texts().settings_no_mail()}</p>
            <p class="meta">{part(next.s0)}<code>{SMTP_URL}</code>{part(next.s1)}<code>{MAIL_FROM}</code>{part(next.s2)}</p>
        })
    };
    section("h-mail", texts().settings_mail(), content)
}

fn section(id: &'static str, title: String, content: impl IntoView) -> impl IntoView {
    view! { <section aria-labelledby=id><div class="sec-head"><h2 id=id>{title}</h2></div>{content}</section> }
}
