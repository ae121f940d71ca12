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
use crate::ui::form::{InputProps, input};
use crate::ui::number;

/// Form field, title and owning role of each layer.
const LAYERS: [(&str, &str, Role); 4] = [
    ("content", "Content", Role::Enablement),
    ("rules", "Rules", Role::Revops),
    ("sync", "Execution & sync", Role::Integrations),
    ("control", "Control", Role::RevopsLead),
];

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
    let bar = view! { <h1>"Settings"</h1>{(!may).then(|| view! { <span class="meta">"Administrators can change these."</span> })} };
    let body = view! {
        <div class="account">
            {organisation_section(&organisation, &flash, may)}
            {owners_section(owners, &flash, may)}
            {address_section(here.request.public_url.as_deref())}
            {mail_section(here.request.post.is_some(), may)}
        </div>
    };
    Ok(PageContent { title: "Settings".into(), bar: bar.into_any(), body: body.into_any() })
}

fn organisation_section(organisation: &Organisation, flash: &Flash, may: bool) -> impl IntoView + use<> {
    let name =
        InputProps { label: "Name", name: "name", kind: "text", autocomplete: "organization", maxlength: 60 };
    let content = if may {
        Either::Left(view! {
            <form method="post" action=SetOrganisation::PATH>
                {input(name, flash)}
                <p class="meta">"Shown in the menu and on printed pages."</p>
                <label class="label">"Default time zone"{zones("zone", &organisation.time_zone)}</label>
                <label class="label">"Default number format"{formats("numbers", organisation.number_format)}</label>
                <button class="btn">"Save organisation"</button>
            </form>
        })
    } else {
        let name =
            if organisation.name.is_empty() { "No name yet".to_owned() } else { organisation.name.clone() };
        Either::Right(view! {
            <dl class="kv">
                <dt>"Name"</dt><dd>{name}</dd>
                <dt>"Default time zone"</dt><dd>{organisation.time_zone.clone()}</dd>
                <dt>"Default number format"</dt><dd>{number::example(organisation.number_format)}</dd>
            </dl>
        })
    };
    section("h-organisation", "Organisation", content)
}

/// A layer with its current owner and the people who could own it.
struct Owner {
    field: &'static str,
    title: &'static str,
    role: Role,
    candidates: Vec<Person>,
    chosen: Option<String>,
}

async fn owners(store: &Store, flash: &Flash) -> Result<Vec<Owner>> {
    let current = layers::owners(store).await?;
    let mut owners = Vec::with_capacity(LAYERS.len());
    for ((field, title, role), email) in LAYERS.into_iter().zip(current) {
        let mut candidates = people::holders(store, role).await?;
        // The current owner keeps the layer even after losing the role.
        if let Some(email) =
            email.as_deref().filter(|email| candidates.iter().all(|person| person.email != *email))
        {
            candidates.extend(people::by_email(store, email).await?);
        }
        let chosen = flash.values.get(field).cloned().or(email);
        owners.push(Owner { field, title, role, candidates, chosen });
    }
    Ok(owners)
}

fn owners_section(owners: Vec<Owner>, flash: &Flash, may: bool) -> impl IntoView + use<> {
    let content = if may {
        let choices = owners.into_iter().map(|owner| choice(owner, flash)).collect_view();
        Either::Left(view! {
            <form method="post" action=SetOwners::PATH>
                {choices}
                <p class="meta">"Content and rules need two different owners."</p>
                <button class="btn">"Save owners"</button>
            </form>
        })
    } else {
        let line = |owner: Owner| {
            let name =
                owner.candidates.into_iter().find(|person| Some(&person.email) == owner.chosen.as_ref());
            view! { <dt>{owner.title}</dt><dd>{name.map_or_else(|| "No owner".to_owned(), |person| person.name)}</dd> }
        };
        Either::Right(view! { <dl class="kv">{owners.into_iter().map(line).collect_view()}</dl> })
    };
    section("h-owners", "Layer owners", content)
}

fn choice(owner: Owner, flash: &Flash) -> impl IntoView + use<> {
    let Owner { field, title, role, candidates, chosen } = owner;
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
                {title}
                <select class="field" name=field aria-invalid=invalid aria-describedby=described>
                    <option value="">"No owner"</option>
                    {candidates.into_iter().map(option).collect_view()}
                </select>
            </label>
            {match error {
                Some(error) => Either::Left(view! { <p id=id class="tone" data-a="bad">{error}</p> }),
                None => Either::Right(view! { <p class="meta">{format!("People with the role {}.", role.title())}</p> }),
            }}
        </div>
    }
}

fn address_section(url: Option<&str>) -> impl IntoView + use<> {
    let content = match url {
        Some(url) => Either::Left(view! { <p><code>{url.to_owned()}</code></p> }),
        None => Either::Right(view! { <p>"Not configured. Links use the address in your browser."</p> }),
    };
    let content = view! { {content}<p class="meta">"Set when the server starts, as "<code>"MESHLINE_PUBLIC_URL"</code>"."</p> };
    section("h-address", "Public address", content)
}

fn mail_section(is_configured: bool, may: bool) -> impl IntoView {
    let content = if is_configured {
        Either::Left(view! {
            <p>"Meshline sends password links and notices by e-mail."</p>
            {may.then(|| view! { <form method="post" action=SendTestMail::PATH><button class="btn">"Send test e-mail to yourself"</button></form> })}
        })
    } else {
        Either::Right(view! {
            <p>"No mail server is configured. People who forget their password need a link from an administrator."</p>
            <p class="meta">"Set when the server starts, as "<code>"MESHLINE_SMTP_URL"</code>" and "<code>"MESHLINE_MAIL_FROM"</code>"."</p>
        })
    };
    section("h-mail", "E-mail", content)
}

fn section(id: &'static str, title: &'static str, content: impl IntoView) -> impl IntoView {
    view! { <section aria-labelledby=id><div class="sec-head"><h2 id=id>{title}</h2></div>{content}</section> }
}
