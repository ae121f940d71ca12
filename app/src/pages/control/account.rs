//! The viewer's account.

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::people::sessions::{self, Session, SessionIdHash};
use store::settings::NumberFormat;
use strum::VariantArray as _;

use crate::actions::SignOut;
use crate::actions::people::{ChangePassword, EndOtherSessions, EndSession, SetPreferences};
use crate::context::Viewer;
use crate::error::{Error, Result};
use crate::flash::Flash;
use crate::pages::frame::{PageContent, PageContext, page, themes};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::form::{InputProps, input};
use crate::ui::{browser, number, roles};

/// Renders the account page of the signed-in person.
#[component]
pub fn Account() -> impl IntoView {
    let flash = use_context::<Flash>().unwrap_or_default();
    page(Section::Account, move |here| load(here, flash))
}

async fn load(here: PageContext, flash: Flash) -> Result<PageContent> {
    let viewer = here.request.viewer.clone().ok_or(Error::SignedOut)?;
    let sessions = sessions::of(&here.request.store, viewer.id, here.request.now).await?;
    let bar = view! { <h1>{texts().account_title()}</h1><span class="meta">{viewer.email.clone()}</span> };
    let body = view! {
        <div class="account">
            {you(&viewer)}
            {preferences(&viewer, here.clock)}
            <section aria-labelledby="h-theme"><div class="sec-head"><h2 id="h-theme">{texts().account_theme()}</h2></div>{themes(here.request.theme, "/account".into())}</section>
            {password_form(&viewer, &flash)}
        </div>
        {browsers(&sessions, viewer.session, here.clock)}
    };
    Ok(PageContent { title: texts().account_title(), bar: bar.into_any(), body: body.into_any() })
}

fn you(viewer: &Viewer) -> impl IntoView + use<> {
    let roles = roles::list(&viewer.roles);
    let roles = if roles.is_empty() { texts().people_no_roles() } else { roles };
    view! {
        <section aria-labelledby="h-you">
            <div class="sec-head"><h2 id="h-you">{texts().account_profile()}</h2></div>
            <dl class="kv">
                <dt>{texts().account_name()}</dt><dd>{viewer.name.clone()}</dd>
                <dt>{texts().account_email()}</dt><dd>{viewer.email.clone()}</dd>
                <dt>{texts().account_roles()}</dt><dd>{roles}</dd>
            </dl>
            <p class="meta">{texts().people_administrators_only()}</p>
        </section>
    }
}

fn preferences(viewer: &Viewer, clock: Clock) -> impl IntoView + use<> {
    view! {
        <section aria-labelledby="h-shown">
            <div class="sec-head"><h2 id="h-shown">{texts().account_display()}</h2></div>
            <form method="post" action=SetPreferences::PATH>
                <label class="label">{texts().account_time_zone()}{zones("zone", viewer.time_zone.name())}</label>
                <p class="meta">{texts().account_current_time(clock.full(clock.now))}</p>
                <label class="label">{texts().account_number_format()}{formats("numbers", viewer.number_format)}</label>
                <label class="check">
                    <input type="checkbox" name="single_keys" value="true" checked=viewer.single_keys />
                    <span>{texts().account_single_keys()}<small>{texts().account_single_keys_about()}</small></span>
                </label>
                <button class="btn">{texts().account_save()}</button>
            </form>
        </section>
    }
}

fn password_form(viewer: &Viewer, flash: &Flash) -> impl IntoView + use<> {
    view! {
        <section aria-labelledby="h-password">
            <div class="sec-head"><h2 id="h-password">{texts().account_password()}</h2></div>
            <form method="post" action=ChangePassword::PATH>
                <input type="hidden" name="username" value=viewer.email.clone() autocomplete="username" />
                {input(password(texts().account_current_password(), "current", "current-password"), flash)}
                {input(password(texts().account_new_password(), "password", "new-password"), flash)}
                {input(password(texts().account_repeat_password(), "again", "new-password"), flash)}
                <p class="meta">{texts().account_password_about()}</p>
                <button class="btn">{texts().account_change_password()}</button>
            </form>
        </section>
    }
}

fn password(label: String, name: &'static str, autocomplete: &'static str) -> InputProps<String> {
    InputProps { label, name, kind: "password", autocomplete, maxlength: 1024 }
}

/// Renders the browsers in which the viewer is signed in, this one first.
fn browsers(
    sessions: &[(SessionIdHash, Session)],
    this: Option<SessionIdHash>,
    clock: Clock,
) -> impl IntoView + use<> {
    let is_this = |id: &SessionIdHash| Some(*id) == this;
    let (here, others): (Vec<_>, Vec<_>) = sessions.iter().partition(|(id, _)| is_this(id));
    let count = texts().account_browsers(sessions.len(), number::count(sessions.len() as i64));
    let rows =
        here.iter().chain(&others).map(|(id, session)| row(*id, session, is_this(id), clock)).collect_view();
    let all = (!others.is_empty()).then(|| {
        view! { <form class="push" method="post" action=EndOtherSessions::PATH><button class="btn">{texts().account_sign_out_others()}</button></form> }
    });
    view! {
        <section class="gap" aria-labelledby="h-sessions">
            <div class="sec-head"><h2 id="h-sessions">{texts().account_sessions()}</h2><span class="meta">{count}</span>{all}</div>
            <table class="table stack people">
                <caption class="sr">{texts().account_sessions_caption()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts().account_browser()}</th>
                        <th scope="col">{texts().account_address()}</th>
                        <th scope="col" class="num">{texts().account_signed_in()}</th>
                        <th scope="col" class="num">{texts().account_last_seen()}</th>
                        <th scope="col"><span class="sr">{texts().account_sign_out_title()}</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

fn row(id: SessionIdHash, session: &Session, is_this: bool, clock: Clock) -> impl IntoView + use<> {
    let (words, sign_out) = (browser::words(&session.agent), texts().account_sign_out());
    let (action, id) = if is_this { (SignOut::PATH, None) } else { (EndSession::PATH, Some(id.to_string())) };
    view! {
        <tr>
            <th scope="row" title=session.agent.clone()>{words.clone()}{is_this.then(|| view! { " "<span class="quiet">{texts().account_this_browser()}</span> })}</th>
            <td class="first quiet">{session.address.clone()}</td>
            <td class="num" data-l=texts().account_signed_in()>{clock.stamp(session.signed_in_at)}</td>
            <td class="num" data-l=texts().account_last_seen()>{clock.relative(session.seen_at)}</td>
            <td class="end">
                <form method="post" action=action>
                    {id.map(|id| view! { <input type="hidden" name="session" value=id /> })}
                    <button class="btn">{part(sign_out.s0)}<span class="sr">{words}</span>{part(sign_out.s1)}</button>
                </form>
            </td>
        </tr>
    }
}

/// Renders a select of all time zones.
pub fn zones(name: &'static str, chosen: &str) -> impl IntoView + use<> {
    let option = |zone: &chrono_tz::Tz| {
        let name = zone.name();
        view! { <option value=name selected=name == chosen>{name.replace('_', " ")}</option> }
    };
    view! { <select class="field" name=name>{chrono_tz::TZ_VARIANTS.iter().map(option).collect_view()}</select> }
}

/// Renders a select of all number formats, each shown as an example number.
pub fn formats(name: &'static str, chosen: NumberFormat) -> impl IntoView {
    let option = |format: &NumberFormat| {
        let name: &'static str = format.into();
        view! { <option value=name selected=*format == chosen>{number::example(*format)}</option> }
    };
    view! { <select class="field" name=name>{NumberFormat::VARIANTS.iter().map(option).collect_view()}</select> }
}
