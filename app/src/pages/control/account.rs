//! One's own account.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::people::sessions;

use crate::actions::Flash;
use crate::actions::people::{ChangePassword, SetTimeZone, SignOutEverywhere};
use crate::error::{Error, Result};
use crate::pages::frame::{Here, Page, Section, page};
use crate::ui::form::{Input, input};
use crate::ui::number;

/// The account of whoever is signed in.
#[component]
pub fn Account() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Account, move |here| load(here, flash))
}

async fn load(here: Here, flash: Flash) -> Result<Page> {
    let viewer = here.request.viewer.clone().ok_or(Error::SignedOut)?;
    let browsers = sessions::count(&here.request.store, viewer.id, here.request.now).await?;
    let roles: Vec<&str> = viewer.roles.iter().map(|role| role.title()).collect();
    let roles = if roles.is_empty() { "none".to_owned() } else { roles.join(", ") };
    let bar = view! { <h1>"Your account"</h1><span class="meta">{viewer.email.clone()}</span> };
    let email = viewer.email.clone();
    let zone = viewer.time_zone.name();
    let body = view! {
        <div class="account">
            <section aria-labelledby="h-you">
                <div class="sec-head"><h2 id="h-you">"You"</h2></div>
                <dl class="kv">
                    <dt>"Name"</dt><dd>{viewer.name.clone()}</dd>
                    <dt>"E-mail"</dt><dd>{viewer.email.clone()}</dd>
                    <dt>"Roles"</dt><dd>{roles}</dd>
                </dl>
                <p class="meta">"An administrator changes these."</p>
            </section>
            <section aria-labelledby="h-zone">
                <div class="sec-head"><h2 id="h-zone">"Time zone"</h2></div>
                <form method="post" action=SetTimeZone::PATH>
                    <label class="label">"Times are shown as they are in"{zones(zone)}</label>
                    <p class="meta">{format!("It is {} there.", here.clock.full(here.clock.now))}</p>
                    <button class="btn">"Save the time zone"</button>
                </form>
            </section>
            <section aria-labelledby="h-password">
                <div class="sec-head"><h2 id="h-password">"Password"</h2></div>
                <form method="post" action=ChangePassword::PATH>
                    <input type="hidden" name="username" value=email autocomplete="username" />
                    {input(password("Your password until now", "current", "current-password"), &flash)}
                    {input(password("The new one", "password", "new-password"), &flash)}
                    {input(password("The same once more", "again", "new-password"), &flash)}
                    <p class="meta">"At least twelve characters. Other browsers are signed out."</p>
                    <button class="btn">"Change the password"</button>
                </form>
            </section>
            <section aria-labelledby="h-sessions">
                <div class="sec-head"><h2 id="h-sessions">"Signed in"</h2></div>
                <form method="post" action=SignOutEverywhere::PATH>
                    <p>{format!("You are signed in in {}, this one counted.", number::plural(browsers, "browser", "browsers"))}</p>
                    <button class="btn">"Sign out everywhere"</button>
                </form>
            </section>
        </div>
    };
    Ok(Page { title: "Your account".into(), bar: bar.into_any(), body: body.into_any() })
}

fn password(label: &'static str, name: &'static str, autocomplete: &'static str) -> Input {
    Input { label, name, kind: "password", autocomplete, maxlength: 1024 }
}

fn zones(chosen: &'static str) -> impl IntoView {
    let option = |zone: &chrono_tz::Tz| {
        let name = zone.name();
        view! { <option value=name selected=name == chosen>{name.replace('_', " ")}</option> }
    };
    view! { <select class="field" name="zone">{chrono_tz::TZ_VARIANTS.iter().map(option).collect_view()}</select> }
}
