//! The state of the installation, for administrators.

use leptos::prelude::*;

use super::load::HomeData;
use crate::ui::number;

/// Renders what an administrator has to keep an eye on; renders nothing for anyone else.
pub fn setup(loaded: &HomeData) -> impl IntoView + use<> {
    let state = loaded.installation.as_ref()?;
    let row = |tone: &'static str, href: &'static str, name: &'static str, said: String| {
        view! { <li><span class="dot" data-a=tone></span><a href=href>{name}</a><small>{said}</small></li> }
    };
    let good = |is_good: bool| if is_good { "good" } else { "warn" };
    let invited = match loaded.invited.len() {
        0 => "No open invitations".to_owned(),
        n => format!("{} without a password", number::plural(n as i64, "invited person", "invited people")),
    };
    let mail = if state.has_mail {
        "Configured".to_owned()
    } else {
        "No mail server: people who forget their password need a link from you, and nobody is notified"
            .to_owned()
    };
    let address = if state.has_address {
        "Configured".to_owned()
    } else {
        "Not configured: links use the address in your browser".to_owned()
    };
    let organisation = match (state.has_name, state.ownerless) {
        (true, 0) => "Named, all layers have an owner".to_owned(),
        (false, 0) => "No name yet".to_owned(),
        (_, n) => format!("{} without an owner", number::plural(n as i64, "layer", "layers")),
    };
    Some(view! {
        <section aria-labelledby="h-setup">
            <div class="sec-head"><h2 id="h-setup">"Installation"</h2><a class="btn plain push" href="/settings">"Settings"</a></div>
            <ul class="layers">
                {row(good(loaded.invited.is_empty()), "/people?state=invited", "Invitations", invited)}
                {row(good(state.has_mail), "/settings#h-mail", "E-mail", mail)}
                {row(good(state.has_address), "/settings#h-address", "Public address", address)}
                {row(good(state.has_name && state.ownerless == 0), "/settings#h-owners", "Organisation", organisation)}
                <li>
                    <span class="dot" data-a="good"></span><span>"Master key"</span>
                    <small>"Fingerprint "<code>{state.key.clone()}</code>". Keep a copy outside the database: without the key, personal data cannot be read."</small>
                </li>
                {row("good", "/audit", "Retention", "Decisions and the audit log are kept without limit. Erasing a person removes their data.".to_owned())}
            </ul>
        </section>
    })
}
