//! The state of the installation, for administrators.

use leptos::prelude::*;

use super::load::HomeData;
use crate::texts::{part, texts};
use crate::ui::number;

/// Renders what an administrator has to keep an eye on; renders nothing for anyone else.
pub fn setup(loaded: &HomeData) -> impl IntoView + use<> {
    let state = loaded.installation.as_ref()?;
    let row = |tone: &'static str, href: &'static str, name: String, said: String| {
        view! { <li><span class="dot" data-a=tone></span><a href=href>{name}</a><small>{said}</small></li> }
    };
    let good = |is_good: bool| if is_good { "good" } else { "warn" };
    let invited = match loaded.invited.len() {
        0 => texts().home_invitations_none(),
        n => texts().home_invitations_open(n, number::count(n as i64)),
    };
    let mail = if state.has_mail { texts().home_configured() } else { texts().home_no_mail() };
    let address = if state.has_address { texts().home_configured() } else { texts().home_no_address() };
    let organisation = match (state.has_name, state.ownerless) {
        (true, 0) => texts().home_organisation_good(),
        (false, 0) => texts().home_organisation_no_name(),
        (_, n) => texts().home_organisation_ownerless(n, number::count(n as i64)),
    };
    let key = texts().home_key_about();
    let login = match &state.owner_login {
        None => texts().installation_login_plain(),
        Some(login) => texts().installation_login_owner(login),
    };
    Some(view! {
        <section aria-labelledby="h-setup">
            <div class="sec-head"><h2 id="h-setup">{texts().home_setup()}</h2><a class="btn plain push" href="/settings">{texts().home_settings()}</a></div>
            <ul class="layers">
                {row(good(loaded.invited.is_empty()), "/people?state=invited", texts().home_invitations(), invited)}
                {row(good(state.has_mail), "/settings#h-mail", texts().home_mail(), mail)}
                {row(good(state.has_address), "/settings#h-address", texts().home_address(), address)}
                {row(good(state.has_name && state.ownerless == 0), "/settings#h-owners", texts().home_organisation(), organisation)}
                <li>
                    <span class="dot" data-a="good"></span><span>{texts().home_key()}</span>
                    <small>{part(key.s0)}<code>{state.key.clone()}</code>{part(key.s1)}</small>
                </li>
                <li>
                    <span class="dot" data-a=good(state.owner_login.is_none())></span>
                    <span>{texts().installation_login()}</span>
                    <small>{login}</small>
                </li>
                {row("good", "/audit", texts().home_retention(), texts().home_retention_about())}
            </ul>
        </section>
    })
}
