//! The charts of the dashboard, shown on the page and available as files.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use engine::control::calibration::ENOUGH;
use engine::control::kpi::{Funnel, MATURITY_DAYS};
use leptos::either::Either;
use leptos::prelude::*;
use service::figures::DashboardFigures;
use store::reads::dashboard::{BarWidth, FigureReport, KeyFigures};

use super::{DashboardQuery, decisions};
use crate::texts::texts;
use crate::ui::charts::funnel::{FunnelStage, funnel};
use crate::ui::charts::histogram::histogram;
use crate::ui::charts::lines::{ChartLine, lines};
use crate::ui::charts::reliability::reliability;
use crate::ui::charts::{Chart, ChartCell};
use crate::ui::clock::Clock;
use crate::ui::number;

/// Returns all charts in order, each with the note beside its heading.
pub fn all(asked: &DashboardQuery, counted: &DashboardFigures, clock: Clock) -> [(Chart, String); 5] {
    let report = &counted.report;
    let by = match asked.step {
        BarWidth::Week => texts().dashboard_decisions_by_week(),
        BarWidth::Day | BarWidth::Month => texts().dashboard_decisions_by_time(),
    };
    let judged = report.reliability.judged();
    let error = match report.reliability.error() {
        Some(error) => texts().dashboard_calibration_error(number::percent(error)),
        None => texts().dashboard_calibration_too_few(number::count(judged), number::count(ENOUGH)),
    };
    let sure: u64 = report.confidences.iter().sum();
    let without = report.total.leads.saturating_sub(sure);
    [
        (decisions::chart(&counted.bars, &asked.cohort, asked.step, asked.extent, clock), by),
        (stages(&report.total.funnel), texts().dashboard_funnel_about()),
        (rates(report, asked.step, clock), texts().dashboard_rates_about(<&str>::from(asked.step))),
        (
            histogram("confidences", texts().dashboard_confidence(), &report.confidences),
            texts().dashboard_confidence_about(without, number::count(without)),
        ),
        (reliability("reliability", texts().dashboard_calibration(), &report.reliability), error),
    ]
}

/// Renders a section for each chart, with the small charts side by side.
pub fn sections(asked: &DashboardQuery, counted: &DashboardFigures, clock: Clock) -> impl IntoView + use<> {
    let address = asked.address.clone();
    let is_empty = counted.bars.is_empty();
    let [decisions, rest @ ..] = all(asked, counted, clock);
    let section = |(chart, meta): (Chart, String)| {
        let id = format!("h-{}", chart.name);
        let content = if chart.name == "decisions" && is_empty {
            Either::Left(view! { <p class="quiet">{texts().dashboard_no_decisions()}</p> })
        } else {
            Either::Right(
                chart.view(|ending| address.at(&format!("/dashboard/charts/{}.{ending}", chart.name))),
            )
        };
        view! {
            <section aria-labelledby=id.clone()>
                <div class="sec-head"><h2 id=id.clone()>{chart.title.clone()}</h2><span class="meta">{meta}</span></div>
                {content}
            </section>
        }
        .into_any()
    };
    // Without leads the remaining charts would be empty.
    let rest = (counted.report.total.leads > 0)
        .then(|| view! { <div class="charts">{rest.into_iter().map(section).collect_view()}</div> });
    view! { {section(decisions)}{rest} }
}

fn stages(reached: &Funnel) -> Chart {
    let stages = [
        (texts().dashboard_stage_decided(), reached.decided),
        (texts().dashboard_stage_passed_on(), reached.passed_on),
        (texts().dashboard_stage_accepted(), reached.accepted),
        (texts().dashboard_stage_sales_qualified(), reached.sales_qualified),
        (texts().dashboard_stage_opportunity(), reached.opportunity),
        (texts().dashboard_stage_won(), reached.won),
    ];
    let stages: Vec<FunnelStage> =
        stages.into_iter().map(|(words, count)| FunnelStage { words, count }).collect();
    funnel("funnel", texts().dashboard_funnel(), &stages)
}

/// Returns the index of the first point whose leads have not all matured yet.
pub fn first_young<T>(points: &[(DateTime<Utc>, T)], step: BarWidth, clock: Clock) -> usize {
    let known = (clock.now - TimeDelta::days(MATURITY_DAYS)).with_timezone(&clock.zone).date_naive();
    let is_young = |(from, _): &(DateTime<Utc>, T)| {
        decisions::following(from.with_timezone(&clock.zone).date_naive(), step)
            .is_none_or(|next| next > known)
    };
    points.iter().position(is_young).unwrap_or(points.len())
}

/// Builds the chart of rates over time. Points whose leads have not matured yet are marked as young.
fn rates(report: &FigureReport, step: BarWidth, clock: Clock) -> Chart {
    let points = &report.points;
    let line = |tone, words, share: fn(&KeyFigures) -> Option<f64>| ChartLine {
        tone,
        words,
        shares: points.iter().map(|(_, figures)| share(figures)).collect(),
    };
    let all = [
        line("info", texts().dashboard_mql_to_sql(), |figures| figures.mql_to_sql.value),
        line("bad", texts().dashboard_false_positives(), |figures| figures.false_positives.value),
    ];
    let days: Vec<_> = points.iter().map(|(from, _)| from.with_timezone(&clock.zone).date_naive()).collect();
    let year = clock.now.with_timezone(&clock.zone).year();
    let times: Vec<ChartCell> = days
        .iter()
        .map(|day| ChartCell::day(decisions::label(*day, step, day.year() != year), *day))
        .collect();
    let young = first_young(points, step, clock);
    lines("rates", texts().dashboard_rates(<&str>::from(step)), (step, &times), &all, young)
}
