//! Keys of the API.

use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::use_query_map;
use store::people::{self, ApiKey, Scope};
use strum::VariantArray as _;

use crate::actions::people::{AddKey, RevokeKey};
use crate::error::Result;
use crate::flash::Flash;
use crate::pages::frame::{Here, Page, page};
use crate::pages::places::Section;
use crate::ui::chip::dotted;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::form::{Check, Input, ask, checks, input, once, secret};
use crate::ui::icon::Icon;
use crate::ui::note;
use crate::ui::table::{Column, Table};

/// The keys.
#[component]
pub fn Keys() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    let address = Address::of_list("/keys", &use_query_map().get_untracked(), &[]);
    page(Section::Keys, move |here| load(here, flash, address))
}

async fn load(here: Here, flash: Flash, address: Address) -> Result<Page> {
    let keys = people::keys(&here.request.store).await?;
    let may = here.may::<AddKey>();
    let bar = view! {
        <h1>"API keys"</h1>
        <span class="meta">"What programs show to be let in"</span>
        {may.then(|| view! { <span class="push">{add(&here, &flash)}</span> })}
    };
    let shown = flash.values.get("secret").cloned().map(|key| secret("The key", key));
    let table = if keys.is_empty() {
        let text = "A web form, a product or a warehouse needs a key to send events or to read decisions. Its text is shown once and stored nowhere.";
        Either::Left(note::empty(Icon::Key, "No keys yet", view! { <p>{text}</p> }))
    } else {
        Either::Right(table(may, here.clock).view(&keys, &address, None))
    };
    let body = view! { {shown}{table} };
    Ok(Page { title: "API keys".into(), bar: bar.into_any(), body: body.into_any() })
}

fn table(may: bool, clock: Clock) -> Table<'static, ApiKey> {
    let scopes = |key: &ApiKey| {
        key.scopes.iter().map(|scope| view! { <span class="tag">{title(*scope)}</span>" " }).collect_view()
    };
    let mut columns = vec![
        Column::new("key", "Key", "", |key: &ApiKey| key.name.clone()),
        Column::new("state", "State", "first", move |key: &ApiKey| state(key, clock)),
        Column::new("may", "May", "wide", scopes),
        Column::new("made", "Made", "num", move |key: &ApiKey| clock.stamp(key.created_at)).label("Made"),
    ];
    if may {
        columns.push(Column::new("revoke", "Take back", "end", revoke).tool());
    }
    Table { caption: "API keys", class: "people", columns, choose: None }
}

fn state(key: &ApiKey, clock: Clock) -> impl IntoView + use<> {
    match key.revoked_at {
        Some(at) => Either::Left(
            view! { {dotted("bad", "Taken back")}" "<small class="quiet">{clock.stamp_said(at)}</small> },
        ),
        None => Either::Right(dotted("good", "Works")),
    }
}

fn revoke(key: &ApiKey) -> impl IntoView + use<> {
    key.revoked_at.is_none().then(|| {
        let (id, name) = (key.id.to_string(), key.name.clone());
        let form = view! {
            <form method="post" action=RevokeKey::PATH>
                <input type="hidden" name="key" value=id />
                <p>"Whatever uses this key is refused within a second. It cannot be undone; make a new key instead."</p>
                <button class="btn primary">{format!("Take {name} back")}</button>
            </form>
        };
        ask(view! { "Take back"<span class="sr">{format!(" {}", key.name)}</span> }, false, form)
    })
}

fn title(scope: Scope) -> &'static str {
    match scope {
        Scope::Ingest => "Send events",
        Scope::Read => "Read",
        Scope::Outcome => "Report outcomes",
        Scope::Admin => "Administer",
    }
}

fn about(scope: Scope) -> &'static str {
    match scope {
        Scope::Ingest => "Web forms, mail and telemetry bring leads",
        Scope::Read => "Leads, decisions and metrics",
        Scope::Outcome => "A CRM tells what became of leads",
        Scope::Admin => "Runs the installation",
    }
}

fn add(here: &Here, flash: &Flash) -> impl IntoView + use<> {
    let chosen: Vec<String> =
        flash.values.get("scopes").map(|all| all.split(',').map(str::to_owned).collect()).unwrap_or_default();
    let all: Vec<Check> =
        Scope::VARIANTS.iter().map(|scope| (scope.to_string(), title(*scope), about(*scope))).collect();
    let name =
        Input { label: "What it is for", name: "name", kind: "text", autocomplete: "off", maxlength: 100 };
    let form = view! {
        <form method="post" action=AddKey::PATH>
            {once(&here.request, "add-key")}
            {input(name, flash)}
            {checks("It may", "scopes", all, &chosen, flash.errors.get("scopes").cloned())}
            <button class="btn primary">"Make the key"</button>
        </form>
    };
    ask("Make a key", !flash.errors.is_empty(), form)
}
