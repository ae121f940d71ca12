//! The key figures, each with its formula and links to the leads behind it.

use chrono::{DateTime, Utc};
use engine::control::kpi::{AE_CONVERSION, FALSE_POSITIVE_RATE, KpiText, MQL_TO_SQL, Ratio, TIME_TO_SQL};
use leptos::either::Either;
use leptos::prelude::*;
use store::reads::dashboard::{BarWidth, FigureReport, KeyFigures, PipelineValue, SAMPLE};

use crate::pages::period::Period;
use crate::ui::charts::spark::spark;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::number;

/// Input for all key figures.
pub struct FigureInput<'a> {
    /// The current time and the viewer's time zone.
    pub clock: Clock,
    /// The dashboard's URL with its filters.
    pub address: &'a Address,
    /// The selected period.
    pub period: &'a Period,
    /// Figures in total and over time.
    pub report: &'a FigureReport,
    /// Distance between two points of the lines.
    pub step: BarWidth,
    /// Pipeline amounts by currency.
    pub pipeline: &'a [PipelineValue],
    /// Share of the sampled decisions that are complete.
    pub complete: Ratio,
}

/// Describes the pipeline figure.
const PIPELINE: KpiText = KpiText {
    name: "Pipeline created",
    formula: "Sum of the amounts of opportunities of leads first decided in the period. If an opportunity was reported several times, the latest report counts. Currencies are not converted.",
    denominator: "None; it is a sum. Opportunities without an amount are counted separately.",
    cohort: "Leads first decided in the period, whenever their opportunity was created.",
    clock: "The time of the first decision.",
};

/// Describes the completeness figure.
const COMPLETENESS: KpiText = KpiText {
    name: "Completeness",
    formula: "Decisions that the stored inputs alone reproduce and whose evidence is all found in the stored events ÷ decisions checked.",
    denominator: "The newest 100 decisions of the period, without those about erased people.",
    cohort: "Decisions of the period.",
    clock: "The time of the decision.",
};

/// A key figure that is ready to render.
struct Kpi {
    text: KpiText,
    figure: Option<String>,
    beside: String,
    line: Vec<Option<f64>>,
    below: String,
    ways: Vec<(&'static str, String)>,
}

/// Renders all key figures.
pub fn kpis(told: &FigureInput<'_>) -> impl IntoView + use<> {
    let first_young = super::charts::first_young(&told.report.points, told.step, told.clock);
    let all = [
        mql_to_sql(told),
        time_to_sql(told),
        false_positives(told),
        ae_conversion(told),
        pipeline(told),
        completeness(told),
    ];
    view! { <ul class="kpis">{all.into_iter().map(|kpi| shown(kpi, first_young)).collect_view()}</ul> }
}

fn shown(kpi: Kpi, first_young: usize) -> impl IntoView {
    let text = kpi.text;
    let ways = kpi.ways.into_iter().map(|(words, href)| view! { <a href=href>{words}</a> }).collect_view();
    // Without a figure, a line would show points that the figure does not count.
    let line = match kpi.figure.is_some().then(|| spark(&kpi.line, first_young)).flatten() {
        Some(line) => Either::Left(line),
        None => Either::Right(view! { <div class="flat"></div> }),
    };
    let figure = match kpi.figure {
        Some(figure) => Either::Left(figure),
        None => Either::Right(view! { <span class="quiet">"n/a"</span> }),
    };
    view! {
        <li class="kpi">
            <details>
                <summary>{text.name}</summary>
                <div class="panel">
                    <dl>
                        <div><dt>"Formula"</dt><dd>{text.formula}</dd></div>
                        <div><dt>"Denominator"</dt><dd>{text.denominator}</dd></div>
                        <div><dt>"Leads"</dt><dd>{text.cohort}</dd></div>
                        <div><dt>"Time"</dt><dd>{text.clock}</dd></div>
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

impl FigureInput<'_> {
    /// Returns the URL of the period's leads, narrowed to those that a figure counts.
    fn leads(&self, counts: Option<&str>) -> String {
        let leads = self.period.put(&self.address.on("/leads", &["workflow"]));
        counts.map_or_else(|| leads.href(), |counts| leads.with("counts", counts).href())
    }

    fn line(&self, value: impl Fn(&KeyFigures) -> Option<f64>) -> Vec<Option<f64>> {
        self.report.points.iter().map(|(_, figures)| value(figures)).collect()
    }
}

fn of(ratio: &Ratio) -> String {
    format!(
        "{} of {}",
        number::count(i128::from(ratio.numerator)),
        number::count(i128::from(ratio.denominator))
    )
}

const NO_BASELINE: &str = "No baseline recorded";

fn mql_to_sql(told: &FigureInput<'_>) -> Kpi {
    let ratio = told.report.total.mql_to_sql;
    Kpi {
        text: MQL_TO_SQL,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: told.line(|figures| figures.mql_to_sql.value),
        below: NO_BASELINE.into(),
        ways: vec![
            ("Leads that became SQL", told.leads(Some("qualified"))),
            ("All leads of the period", told.leads(None)),
        ],
    }
}

fn time_to_sql(told: &FigureInput<'_>) -> Kpi {
    let times = told.report.total.time_to_sql;
    // Leads that became SQL but have no duration, because a timestamp is missing or the two are out of order.
    let without = told.report.total.mql_to_sql.numerator.saturating_sub(times.count);
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
        ways: vec![("Leads that became SQL", told.leads(Some("qualified")))],
    }
}

fn false_positives(told: &FigureInput<'_>) -> Kpi {
    let ratio = told.report.total.false_positives;
    Kpi {
        text: FALSE_POSITIVE_RATE,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: told.line(|figures| figures.false_positives.value),
        below: NO_BASELINE.into(),
        ways: vec![
            ("The false positives", told.leads(Some("false_positive"))),
            ("All judged leads", told.leads(Some("judged"))),
        ],
    }
}

fn ae_conversion(told: &FigureInput<'_>) -> Kpi {
    let ratio = told.report.total.ae_conversion;
    Kpi {
        text: AE_CONVERSION,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: told.line(|figures| figures.ae_conversion.value),
        below: NO_BASELINE.into(),
        ways: vec![
            ("The opportunities", told.leads(Some("converted"))),
            ("All assigned leads", told.leads(Some("assigned"))),
        ],
    }
}

fn pipeline(told: &FigureInput<'_>) -> Kpi {
    let priced = || told.pipeline.iter().filter_map(|line| Some((line, line.currency.as_deref()?)));
    let created: Vec<String> = priced()
        .filter(|(line, _)| line.created > 0.0)
        .map(|(line, currency)| number::money(line.created, currency))
        .collect();
    let won: Vec<String> = priced()
        .filter(|(line, _)| line.won > 0.0)
        .map(|(line, currency)| number::money(line.won, currency))
        .collect();
    let sum = |count: fn(&PipelineValue) -> i64| told.pipeline.iter().map(count).sum::<i64>();
    let unpriced = sum(|line| if line.currency.is_none() { line.opportunities } else { 0 });
    let mut below = vec![number::plural(sum(|line| line.opportunities), "opportunity", "opportunities")];
    if unpriced > 0 {
        below.push(format!("{} without an amount", number::count(unpriced)));
    }
    if sum(|line| line.won_count) > 0 {
        below.push(format!("{} won", number::count(sum(|line| line.won_count))));
    }
    // Currencies cannot be added up, so the line shows the largest one. A point without opportunities counts as zero.
    let line = priced().next().map(|(largest, _)| {
        let worth = |from: &DateTime<Utc>| {
            largest.points.iter().find(|(of, _)| of == from).map_or(0.0, |(_, worth)| *worth)
        };
        told.report.points.iter().map(|(from, _)| Some(worth(from))).collect()
    });
    Kpi {
        text: PIPELINE,
        figure: (!created.is_empty()).then(|| created.join(" + ")),
        beside: if won.is_empty() { String::new() } else { format!("{} won", won.join(" + ")) },
        line: line.unwrap_or_default(),
        below: below.join(", "),
        ways: vec![("Leads that became SQL", told.leads(Some("qualified")))],
    }
}

fn completeness(told: &FigureInput<'_>) -> Kpi {
    let ratio = told.complete;
    let below = if ratio.denominator >= SAMPLE as u64 {
        format!("Target 100 %; the newest {SAMPLE}")
    } else {
        "Target 100 %".to_owned()
    };
    Kpi {
        text: COMPLETENESS,
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: Vec::new(),
        below,
        ways: vec![("All leads of the period", told.leads(None))],
    }
}
