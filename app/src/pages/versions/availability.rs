//! Availability and capacity of pool members, which change without a release.

use chrono::{DateTime, TimeDelta, Utc};
use engine::rules::pick::{Member, Pool};
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::availability::{MOST_WEIGHT, MemberAvailability, of_pool};
use store::reads::frame::names_of;
use store::workflows::Version;

use crate::actions::availability::SetAvailability;
use crate::error::Result;
use crate::pages::frame::PageContext;
use crate::texts::texts;
use crate::ui::form::{ask, short_label};

/// Loads and renders the availability of a pool's members.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn section(here: &PageContext, newest: &Version) -> Result<AnyView> {
    let store = &here.request.store;
    let pool: Pool = serde_json::from_value(newest.body.clone()).map_err(store::Error::from)?;
    let set = of_pool(store, &pool.name).await?;
    let emails: Vec<String> = pool.members.iter().map(|member| member.person.clone()).collect();
    let names = names_of(store, &emails).await?;
    let may = here.may::<SetAvailability>();
    let rows = pool
        .members
        .iter()
        .map(|member| {
            let set = set.iter().find(|set| set.person == member.person);
            let name = names.get(&member.person).unwrap_or(&member.person);
            row(here, &pool.name, member, name, set, may)
        })
        .collect_view();
    Ok(view! {
        <section class="stacked-sections" aria-labelledby="availability">
            <h2 id="availability">{texts().availability_title()}</h2>
            <p class="meta">{texts().availability_about()}</p>
            <table class="table stack availability">
                <caption class="sr">{texts().availability_caption()}</caption>
                <thead>
                    <tr><th scope="col">{texts().availability_person()}</th><th scope="col" class="num">{texts().availability_weight()}</th><th scope="col">{texts().availability_takes_leads()}</th><td></td></tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
    .into_any())
}

fn row(
    here: &PageContext,
    pool: &str,
    member: &Member,
    name: &str,
    set: Option<&MemberAvailability>,
    may: bool,
) -> impl IntoView + use<> {
    let clock = here.clock;
    let weight = set.and_then(|set| set.weight);
    let away = set.and_then(|set| set.away_until).filter(|until| *until > clock.now);
    let turns = weight.map_or_else(|| member.weight.to_string(), |weight| weight.to_string());
    let takes = match away {
        Some(until) => {
            let last = until - TimeDelta::seconds(1);
            view! { <span class="tone" data-a="warn">{texts().availability_away(clock.day(last))}</span> }
                .into_any()
        }
        None => texts().availability_yes().into_any(),
    };
    let form = may.then(|| form(here, pool, member, name, weight, away).into_any());
    view! {
        <tr>
            <th scope="row">{name.to_owned()}</th>
            <td class="num first" data-l=texts().availability_weight()>{turns}</td>
            <td data-l=texts().availability_takes_leads()>{takes}</td>
            <td>{form}</td>
        </tr>
    }
}

fn form(
    here: &PageContext,
    pool: &str,
    member: &Member,
    name: &str,
    weight: Option<i32>,
    away: Option<DateTime<Utc>>,
) -> impl IntoView + use<> {
    let zone = here.clock.zone;
    let last =
        away.map(|until| (until - TimeDelta::seconds(1)).with_timezone(&zone).format("%Y-%m-%d").to_string());
    let today = here.clock.now.with_timezone(&zone).format("%Y-%m-%d").to_string();
    let form = view! {
        <form method="post" action=SetAvailability::PATH>
            <input type="hidden" name="pool" value=pool.to_owned() />
            <input type="hidden" name="person" value=member.person.clone() />
            <label class="label">
                {texts().availability_last_day()}
                <input class="field" type="date" name="away" min=today value=last />
            </label>
            <label class="label">
                {texts().availability_weight_field()}
                <input
                    class="field" type="number" name="weight" min="1" max=MOST_WEIGHT.to_string() value=weight.map(|weight| weight.to_string())
                    placeholder=member.weight.to_string()
                />
            </label>
            <p class="meta">{texts().availability_reset()}</p>
            <button class="btn primary">{texts().availability_save()}</button>
        </form>
    };
    let label = short_label(texts().availability_change(), texts().availability_change_of(name));
    ask(label, false, form)
}
