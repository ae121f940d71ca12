//! The figures, each with its formula and the way to its leads.

use chrono::{DateTime, TimeDelta, Utc};
use engine::control::kpi::{AE_CONVERSION, FALSE_POSITIVE_RATE, KpiText, MATURITY_DAYS, MQL_TO_SQL, Ratio, TIME_TO_SQL};
use leptos::either::Either;
use leptos::prelude::*;
use store::reads::dashboard::{Figures, Pipeline, SAMPLE};

use crate::pages::filters::Address;
use crate::pages::period::Period;
use crate::ui::clock::Clock;
use crate::ui::number;
use crate::ui::spark::spark;

/// What the figures are made from.
pub struct Told<'a> {
    /// Where and when the viewer is.
    pub clock: Clock,
    /// The page with its filters.
    pub address: &'a Address,
    /// The period.
    pub period: &'a Period,
    /// All of it.
    pub total: &'a Figures,
    /// Week by week.
    pub weeks: &'a [(DateTime<Utc>, Figures)],
    /// Money, by currency.
    pub pipeline: &'a [Pipeline],
    /// What the opportunities of each week's leads are worth, in the first currency.
    pub money: &'a [(DateTime<Utc>, f64)],
    /// Complete decisions among those looked at.
    pub complete: Ratio,
}

/// The words for money.
const PIPELINE: KpiText = KpiText {
    name: "Pipeline created",
    formula: "Sum of the amounts of opportunities of leads first decided in the period; of several reports of one opportunity the latest counts. Nothing is converted between currencies.",
    denominator: "None, it is a sum. Opportunities without an amount are counted beside it.",
    cohort: "Leads first decided in the period, whenever their opportunity came.",
    clock: "Periods go by as_of of the first decision.",
};

/// The words for completeness.
const COMPLETENESS: KpiText = KpiText {
    name: "Completeness",
    formula: "Decisions whose rules come to the same again on the stored inputs alone and whose evidence is all found in the stored events ÷ decisions looked at.",
    denominator: "The newest 100 decisions of the period; those about erased persons are left out.",
    cohort: "Decisions of the period.",
    clock: "Periods go by as_of of the decision.",
};

/// One figure, ready to be shown.
struct Kpi {
    text: KpiText,
    figure: Option<String>,
    beside: String,
    line: Vec<Option<f64>>,
    below: String,
    ways: Vec<(&'static str, String)>,
}

/// All figures.
pub fn kpis(told: &Told<'_>) -> impl IntoView + use<> {
    let young = told.clock.now - TimeDelta::days(MATURITY_DAYS);
    // A week is young unless even its last lead has had its time.
    let first_young = told.weeks.iter().position(|(week, _)| *week + TimeDelta::days(7) > young).unwrap_or(told.weeks.len());
    let all = [mql_to_sql(told), time_to_sql(told), false_positives(told), ae_conversion(told), pipeline(told), completeness(told)];
    view! { <ul class="kpis">{all.into_iter().map(|kpi| shown(kpi, first_young)).collect_view()}</ul> }
}

fn shown(kpi: Kpi, first_young: usize) -> impl IntoView {
    let text = kpi.text;
    let ways = kpi.ways.into_iter().map(|(words, href)| view! { <a href=href>{words}</a> }).collect_view();
    let figure = match kpi.figure {
        Some(figure) => Either::Left(figure),
        None => Either::Right(view! { <span class="quiet">"n/a"</span> }),
    };
    let line = match spark(&kpi.line, first_young) {
        Some(line) => Either::Left(line),
        None => Either::Right(view! { <div class="flat"></div> }),
    };
    view! {
        <li class="kpi">
            <details>
                <summary>{text.name}</summary>
                <div class="panel">
                    <dl>
                        <div><dt>"Formula"</dt><dd>{text.formula}</dd></div>
                        <div><dt>"Divided by"</dt><dd>{text.denominator}</dd></div>
                        <div><dt>"Which leads"</dt><dd>{text.cohort}</dd></div>
                        <div><dt>"Which times"</dt><dd>{text.clock}</dd></div>
                        <div><dt>"Baseline"</dt><dd>"No baseline recorded."</dd></div>
                    </dl>
                    <p class="ways">{ways}</p>
                </div>
            </details>
            <p class="fig">{figure}<small>{kpi.beside}</small></p>
            {line}
            <p class="meta">{kpi.below}</p>
        </li>
    }
}

impl Told<'_> {
    /// The leads of the period, those that a figure counts.
    fn leads(&self, counts: Option<&str>) -> String {
        let leads = self.period.put(&self.address.on("/leads", &["workflow"]));
        counts.map_or_else(|| leads.href(), |counts| leads.with("counts", counts).href())
    }

    fn line(&self, value: impl Fn(&Figures) -> Option<f64>) -> Vec<Option<f64>> {
        self.weeks.iter().map(|(_, figures)| value(figures)).collect()
    }
}

fn of(ratio: &Ratio) -> String {
    format!("{} of {}", number::count(i128::from(ratio.numerator)), number::count(i128::from(ratio.denominator)))
}

const NO_BASELINE: &str = "No baseline recorded";

fn mql_to_sql(told: &Told<'_>) -> Kpi {
    let ratio = told.total.mql_to_sql;
    Kpi {
        text: MQL_TO_SQL,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: told.line(|figures| figures.mql_to_sql.value),
        below: NO_BASELINE.into(),
        ways: vec![("Those that became SQL", told.leads(Some("qualified"))), ("All of the period", told.leads(None))],
    }
}

fn time_to_sql(told: &Told<'_>) -> Kpi {
    let times = told.total.time_to_sql;
    // Leads that became SQL and yet have no time: one of the two instants is not known, or they are the wrong way round.
    let without = told.total.mql_to_sql.numerator.saturating_sub(times.count);
    let mean = times.mean_s.map(|mean| format!("mean {}", number::duration(mean))).unwrap_or_default();
    let below = match (without, times.negative) {
        (0, _) => NO_BASELINE.to_owned(),
        (without, 0) => format!("{NO_BASELINE}; n/a for {without}"),
        (without, negative) => format!("{NO_BASELINE}; n/a for {without}, {negative} of them negative"),
    };
    Kpi {
        text: TIME_TO_SQL,
        figure: times.median_s.map(number::duration),
        beside: mean,
        line: told.line(|figures| figures.time_to_sql.median_s),
        below,
        ways: vec![("Those that became SQL", told.leads(Some("qualified")))],
    }
}

fn false_positives(told: &Told<'_>) -> Kpi {
    let ratio = told.total.false_positives;
    Kpi {
        text: FALSE_POSITIVE_RATE,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: told.line(|figures| figures.false_positives.value),
        below: NO_BASELINE.into(),
        ways: vec![("The false positives", told.leads(Some("false_positive"))), ("All that were judged", told.leads(Some("judged")))],
    }
}

fn ae_conversion(told: &Told<'_>) -> Kpi {
    let ratio = told.total.ae_conversion;
    Kpi {
        text: AE_CONVERSION,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: told.line(|figures| figures.ae_conversion.value),
        below: NO_BASELINE.into(),
        ways: vec![("The opportunities", told.leads(Some("converted"))), ("All that were assigned", told.leads(Some("assigned")))],
    }
}

fn pipeline(told: &Told<'_>) -> Kpi {
    // A week with leads and without an opportunity made no pipeline, which is a figure too.
    let worth = |week: &DateTime<Utc>| told.money.iter().find(|(of, _)| of == week).map_or(0.0, |(_, worth)| *worth);
    let line = if told.money.is_empty() { Vec::new() } else { told.weeks.iter().map(|(week, _)| Some(worth(week))).collect() };
    let priced = told.pipeline.iter().filter_map(|line| Some((line, line.currency.as_deref()?, line.created?)));
    let sums: Vec<String> = priced.clone().map(|(_, currency, created)| number::money(created, currency)).collect();
    let won: Vec<String> = priced.filter_map(|(line, currency, _)| Some(number::money(line.won?, currency))).collect();
    let all: i64 = told.pipeline.iter().map(|line| line.opportunities).sum();
    let unpriced: i64 = told.pipeline.iter().filter(|line| line.created.is_none()).map(|line| line.opportunities).sum();
    let won_count: i64 = told.pipeline.iter().map(|line| line.won_count).sum();
    let mut below = vec![number::plural(all, "opportunity", "opportunities")];
    if unpriced > 0 {
        below.push(format!("{} without an amount", number::count(unpriced)));
    }
    if won_count > 0 {
        below.push(format!("{} won", number::count(won_count)));
    }
    Kpi {
        text: PIPELINE,
        figure: (!sums.is_empty()).then(|| sums.join(" + ")),
        beside: if won.is_empty() { String::new() } else { format!("{} won", won.join(" + ")) },
        line,
        below: below.join(", "),
        ways: vec![("Those that became SQL", told.leads(Some("qualified")))],
    }
}

fn completeness(told: &Told<'_>) -> Kpi {
    let ratio = told.complete;
    let below = if ratio.denominator >= SAMPLE as u64 { format!("Target 100 %; the newest {SAMPLE}") } else { "Target 100 %".to_owned() };
    Kpi {
        text: COMPLETENESS,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: Vec::new(),
        below,
        ways: vec![("All of the period", told.leads(None))],
    }
}
