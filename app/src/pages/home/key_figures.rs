//! The key figures: the last 4 weeks compared with the 4 before, and a 12-week trend.

use chrono::{DateTime, TimeDelta, Utc};
use engine::control::kpi::{MATURITY_DAYS, Ratio};
use leptos::prelude::*;
use service::figures::FigureLookup;
use store::reads::dashboard::{FigureReport, KeyFigures};
use store::refresh::Topic;

use super::load::HomeData;
use crate::texts::{Texts, part, texts};
use crate::ui::charts::spark::spark;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::{number, progress, refresh};

/// Length, in weeks, of each of the two compared periods.
const COMPARED: usize = 4;

/// A key figure with its direction.
struct KeyFigure {
    name: fn(&Texts) -> String,
    value: fn(&KeyFigures) -> Ratio,
    /// Whether an increase is an improvement.
    more_is_better: bool,
    /// The leads that the figure counts, as the filter of the lead list names them.
    counts: &'static str,
}

const SHOWN: [KeyFigure; 3] = [
    KeyFigure {
        name: Texts::home_mql_to_sql,
        value: |figures| figures.mql_to_sql,
        more_is_better: true,
        counts: "qualified",
    },
    KeyFigure {
        name: Texts::home_false_positives,
        value: |figures| figures.false_positives,
        more_is_better: false,
        counts: "false_positive",
    },
    KeyFigure {
        name: Texts::home_ae_conversion,
        value: |figures| figures.ae_conversion,
        more_is_better: true,
        counts: "converted",
    },
];

/// Returns whether the figures are still being computed.
pub fn is_adding(loaded: &HomeData) -> bool {
    matches!(loaded.figures, Some(FigureLookup::Computing(_)))
}

/// Renders the figures with their heading.
pub fn key_figures(loaded: &HomeData) -> impl IntoView + use<> {
    let body = match &loaded.figures {
        Some(FigureLookup::Ready(summary)) => match &summary.value {
            Some(report) => shown(report, summary.as_of, loaded.clock).into_any(),
            None => view! { <p class="quiet">{texts().home_figures_too_many()}</p> }.into_any(),
        },
        Some(FigureLookup::Computing(since)) => progress::adding(*since, "/").into_any(),
        None => ().into_any(),
    };
    let body = if is_adding(loaded) {
        refresh::part_due("figures", Topic::Figures, body).into_any()
    } else {
        refresh::part("figures", Topic::Figures, body).into_any()
    };
    let about = texts().home_figures_about(COMPARED.to_string(), MATURITY_DAYS.to_string());
    view! {
        <section aria-labelledby="h-kpi">
            <div class="sec-head">
                <h2 id="h-kpi">{texts().home_figures()}</h2>
                <span class="meta">{about}</span>
                <a class="btn plain push" href="/dashboard">{texts().home_dashboard()}</a>
            </div>
            {body}
        </section>
    }
}

fn shown(report: &FigureReport, as_of: DateTime<Utc>, clock: Clock) -> impl IntoView + use<> {
    let young = as_of - TimeDelta::days(MATURITY_DAYS);
    let weeks: Vec<KeyFigures> = report.points.iter().map(|(_, figures)| *figures).collect();
    let is_young = |(week, _): &(DateTime<Utc>, KeyFigures)| *week + TimeDelta::days(7) > young;
    let first_young = report.points.iter().position(is_young).unwrap_or(weeks.len());
    let from = first_compared(report, clock);
    let all = SHOWN.iter().map(|shown| kpi(shown, &weeks, first_young, from.as_deref())).collect_view();
    // Cached figures show their age once they are a minute old.
    let old = (clock.now - as_of >= TimeDelta::minutes(1))
        .then(|| view! { <p class="meta">{texts().home_figures_as_of(clock.time(as_of))}</p> });
    view! { <ul class="kpis">{all}{time(&report.total, &weeks, first_young)}</ul>{old} }
}

fn kpi(
    shown: &KeyFigure,
    weeks: &[KeyFigures],
    first_young: usize,
    from: Option<&str>,
) -> impl IntoView + use<> {
    let of = |weeks: &[KeyFigures]| added(weeks.iter().map(shown.value));
    let (before, last) = split(weeks);
    let (before, last) = (of(before), of(last));
    let change = last.value.zip(before.value).map(|(now, then)| (now - then) * 100.0);
    let moved = change.map(|points| {
        let tone = if points.abs() < 0.05 {
            None
        } else if (points > 0.0) == shown.more_is_better {
            Some("good")
        } else {
            Some("bad")
        };
        let sign = if points >= 0.05 { "+" } else { "" };
        view! { <small class=tone.map(|_| "tone") data-a=tone>{texts().home_points(format!("{sign}{}", number::decimal(points, 1)))}</small> }
    });
    let line: Vec<Option<f64>> = weeks.iter().map(|figures| (shown.value)(figures).value).collect();
    let ratio = texts()
        .home_ratio(number::count(i128::from(last.numerator)), number::count(i128::from(last.denominator)));
    let (before_ratio, after_ratio) = match before.value {
        Some(then) => {
            let said = texts().home_ratio_then(number::percent(then));
            (part(said.s0), part(said.s1))
        }
        None => {
            let said = texts().home_ratio_no_then();
            (part(said.s0), part(said.s1))
        }
    };
    let figure = last.value.map_or_else(|| texts().number_not_available(), number::percent);
    let leads = Address::new("/leads").with("counts", shown.counts);
    let leads = from.map_or(leads.clone(), |from| leads.with("from", from)).href();
    view! {
        <li class="kpi">
            <p><a class="quiet" href="/dashboard">{(shown.name)(texts())}</a></p>
            <p class="fig">{figure}{moved}</p>
            {last.value.is_some().then(|| spark(&line, first_young)).flatten()}
            <p class="meta">{before_ratio}<a href=leads>{ratio}</a>{after_ratio}</p>
        </li>
    }
}

/// Renders the median over all 12 weeks, because medians of shorter periods cannot be combined.
fn time(total: &KeyFigures, weeks: &[KeyFigures], first_young: usize) -> impl IntoView + use<> {
    let line: Vec<Option<f64>> = weeks.iter().map(|figures| figures.time_to_sql.median_s).collect();
    let figure = total.time_to_sql.median_s.map_or_else(|| texts().number_not_available(), number::duration);
    let count = total.time_to_sql.count;
    let median = texts().home_median(count, number::count(i128::from(count)));
    view! {
        <li class="kpi">
            <p><a class="quiet" href="/dashboard">{texts().home_time_to_sql()}</a></p>
            <p class="fig">{figure}</p>
            {total.time_to_sql.median_s.is_some().then(|| spark(&line, first_young)).flatten()}
            <p class="meta">{median}</p>
        </li>
    }
}

/// Returns the first day of the compared period.
fn first_compared(report: &FigureReport, clock: Clock) -> Option<String> {
    let (from, _) = report.points.get(report.points.len().saturating_sub(COMPARED))?;
    Some(from.with_timezone(&clock.zone).date_naive().to_string())
}

/// Returns the weeks before the compared period, then the compared period itself.
fn split(weeks: &[KeyFigures]) -> (&[KeyFigures], &[KeyFigures]) {
    let (earlier, last) = weeks.split_at(weeks.len().saturating_sub(COMPARED));
    (&earlier[earlier.len().saturating_sub(COMPARED)..], last)
}

fn added(ratios: impl Iterator<Item = Ratio>) -> Ratio {
    let (numerator, denominator) =
        ratios.fold((0, 0), |(n, d), ratio| (n + ratio.numerator, d + ratio.denominator));
    Ratio::new(numerator, denominator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_four_weeks_stand_beside_the_four_before() {
        let weeks: Vec<KeyFigures> = (0..10)
            .map(|n| KeyFigures { leads: n, mql_to_sql: Ratio::new(n, 10), ..KeyFigures::default() })
            .collect();
        let (before, last) = split(&weeks);
        assert_eq!((before[0].leads, before.len(), last[0].leads, last.len()), (2, 4, 6, 4));
        assert_eq!(added(last.iter().map(|week| week.mql_to_sql)).value, Some(0.75));
        let (before, last) = split(&weeks[..3]);
        assert_eq!((before.len(), last.len()), (0, 3));
    }
}
