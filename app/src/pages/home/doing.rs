//! The key figures: the last 4 weeks compared with the 4 before, and a 12-week trend.

use chrono::{DateTime, TimeDelta, Utc};
use engine::control::kpi::{MATURITY_DAYS, Ratio};
use leptos::prelude::*;
use service::figures::FigureLookup;
use store::reads::dashboard::{Figures, Report};
use store::refresh::Topic;

use super::load::HomeData;
use crate::ui::charts::spark::spark;
use crate::ui::clock::Clock;
use crate::ui::{number, progress, refresh};

/// Length, in weeks, of each of the two compared periods.
const COMPARED: usize = 4;

/// A key figure with its direction.
struct KeyFigure {
    name: &'static str,
    value: fn(&Figures) -> Ratio,
    /// Whether an increase is an improvement.
    more_is_better: bool,
}

const SHOWN: [KeyFigure; 3] = [
    KeyFigure { name: "MQL→SQL", value: |figures| figures.mql_to_sql, more_is_better: true },
    KeyFigure { name: "False positives", value: |figures| figures.false_positives, more_is_better: false },
    KeyFigure { name: "AE conversion", value: |figures| figures.ae_conversion, more_is_better: true },
];

/// Returns whether the figures are still being computed.
pub fn is_adding(loaded: &HomeData) -> bool {
    matches!(loaded.figures, Some(FigureLookup::Computing(_)))
}

/// Renders the figures with their heading.
pub fn doing(loaded: &HomeData) -> impl IntoView + use<> {
    let body = match &loaded.figures {
        Some(FigureLookup::Ready(summary)) => match &summary.value {
            Some(report) => shown(report, summary.as_of, loaded.clock).into_any(),
            None => view! { <p class="quiet">"Too many leads for this period. Choose a shorter one on the dashboard."</p> }.into_any(),
        },
        Some(FigureLookup::Computing(since)) => progress::adding(*since, "/").into_any(),
        None => ().into_any(),
    };
    let body = if is_adding(loaded) {
        refresh::part_due("figures", Topic::Figures, body).into_any()
    } else {
        refresh::part("figures", Topic::Figures, body).into_any()
    };
    view! {
        <section aria-labelledby="h-kpi">
            <div class="sec-head">
                <h2 id="h-kpi">"Key figures"</h2>
                <span class="meta">{format!("Last {COMPARED} weeks vs. previous {COMPARED}. Dashed: less than {MATURITY_DAYS} days old")}</span>
                <a class="btn plain push" href="/dashboard">"Dashboard"</a>
            </div>
            {body}
        </section>
    }
}

fn shown(report: &Report, as_of: DateTime<Utc>, clock: Clock) -> impl IntoView + use<> {
    let young = as_of - TimeDelta::days(MATURITY_DAYS);
    let weeks: Vec<Figures> = report.points.iter().map(|(_, figures)| *figures).collect();
    let is_young = |(week, _): &(DateTime<Utc>, Figures)| *week + TimeDelta::days(7) > young;
    let first_young = report.points.iter().position(is_young).unwrap_or(weeks.len());
    let all = SHOWN.iter().map(|shown| kpi(shown, &weeks, first_young)).collect_view();
    // Cached figures show their age once they are a minute old.
    let old = (clock.now - as_of >= TimeDelta::minutes(1))
        .then(|| view! { <p class="meta">{format!("As of {}", clock.time(as_of))}</p> });
    view! { <ul class="kpis">{all}{time(&report.total, &weeks, first_young)}{leads(&report.total, &weeks)}</ul>{old} }
}

fn kpi(shown: &KeyFigure, weeks: &[Figures], first_young: usize) -> impl IntoView + use<> {
    let of = |weeks: &[Figures]| added(weeks.iter().map(shown.value));
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
        view! { <small class=tone.map(|_| "tone") data-a=tone>{format!("{sign}{}\u{a0}pt", number::decimal(points, 1))}</small> }
    });
    let line: Vec<Option<f64>> = weeks.iter().map(|figures| (shown.value)(figures).value).collect();
    let below = format!(
        "{} of {}",
        number::count(i128::from(last.numerator)),
        number::count(i128::from(last.denominator))
    );
    let then = before.value.map_or_else(
        || "no earlier figure".to_owned(),
        |then| format!("previously {}", number::percent(then)),
    );
    let figure = last.value.map_or_else(|| "n/a".to_owned(), number::percent);
    view! {
        <li class="kpi">
            <p class="quiet">{shown.name}</p>
            <p class="fig">{figure}{moved}</p>
            {spark(&line, first_young)}
            <p class="meta">{format!("{below}, {then}")}</p>
        </li>
    }
}

/// Renders the median over all 12 weeks, because medians of shorter periods cannot be combined.
fn time(total: &Figures, weeks: &[Figures], first_young: usize) -> impl IntoView + use<> {
    let line: Vec<Option<f64>> = weeks.iter().map(|figures| figures.time_to_sql.median_s).collect();
    let figure = total.time_to_sql.median_s.map_or_else(|| "n/a".to_owned(), number::duration);
    view! {
        <li class="kpi">
            <p class="quiet">"Time to SQL"</p>
            <p class="fig">{figure}</p>
            {spark(&line, first_young)}
            <p class="meta">{format!("Median of {}, 12 weeks", number::plural(i128::from(total.time_to_sql.count), "lead", "leads"))}</p>
        </li>
    }
}

fn leads(total: &Figures, weeks: &[Figures]) -> impl IntoView + use<> {
    let line: Vec<Option<f64>> = weeks.iter().map(|figures| Some(figures.leads as f64)).collect();
    let (before, last) = split(weeks);
    let sum = |weeks: &[Figures]| weeks.iter().map(|figures| i128::from(figures.leads)).sum::<i128>();
    view! {
        <li class="kpi">
            <p class="quiet">"Leads"</p>
            <p class="fig">{number::count(sum(last))}</p>
            {spark(&line, weeks.len())}
            <p class="meta">{format!("previously {}, {} in 12 weeks", number::count(sum(before)), number::count(i128::from(total.leads)))}</p>
        </li>
    }
}

/// Returns the weeks before the compared period, then the compared period itself.
fn split(weeks: &[Figures]) -> (&[Figures], &[Figures]) {
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
        let weeks: Vec<Figures> = (0..10)
            .map(|n| Figures { leads: n, mql_to_sql: Ratio::new(n, 10), ..Figures::default() })
            .collect();
        let (before, last) = split(&weeks);
        assert_eq!((before[0].leads, before.len(), last[0].leads, last.len()), (2, 4, 6, 4));
        assert_eq!(added(last.iter().map(|week| week.mql_to_sql)).value, Some(0.75));
        let (before, last) = split(&weeks[..3]);
        assert_eq!((before.len(), last.len()), (0, 3));
    }
}
