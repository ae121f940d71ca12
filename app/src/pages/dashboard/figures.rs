//! The key figures, each with its formula and links to the leads behind it.

use chrono::{DateTime, Utc};
use engine::control::kpi::Ratio;
use leptos::either::Either;
use leptos::prelude::*;
use store::reads::dashboard::{BarWidth, FigureReport, KeyFigures, PipelineValue, SAMPLE};

use crate::pages::period::Period;
use crate::texts::texts;
use crate::ui::charts::spark::spark;
use crate::ui::clock::Clock;
use crate::ui::filters::Address;
use crate::ui::{number, series};

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

/// The name of a figure and the texts that explain it.
struct KpiText {
    name: String,
    formula: String,
    /// The denominator, or the leads that a time is averaged over.
    denominator: String,
    /// The leads that belong to a period.
    cohort: String,
    /// The timestamps used.
    clock: String,
}

/// A key figure that is ready to render.
struct Kpi {
    text: KpiText,
    figure: Option<String>,
    beside: String,
    line: Vec<Option<f64>>,
    below: String,
    ways: Vec<(String, String)>,
}

/// Renders all key figures.
pub fn kpis(input: &FigureInput<'_>) -> impl IntoView + use<> {
    let first_young = super::charts::first_young(&input.report.points, input.step, input.clock);
    let all = [
        mql_to_sql(input),
        time_to_sql(input),
        false_positives(input),
        ae_conversion(input),
        pipeline(input),
        completeness(input),
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
        None => Either::Right(view! { <span class="quiet">{texts().number_not_available()}</span> }),
    };
    view! {
        <li class="kpi">
            <details>
                <summary>{text.name}</summary>
                <div class="panel">
                    <dl>
                        <div><dt>{texts().dashboard_formula()}</dt><dd>{text.formula}</dd></div>
                        <div><dt>{texts().dashboard_denominator()}</dt><dd>{text.denominator}</dd></div>
                        <div><dt>{texts().dashboard_cohort()}</dt><dd>{text.cohort}</dd></div>
                        <div><dt>{texts().dashboard_clock()}</dt><dd>{text.clock}</dd></div>
                        <div><dt>{texts().dashboard_baseline()}</dt><dd>{texts().dashboard_baseline_none()}</dd></div>
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
    texts().dashboard_of(number::count(ratio.numerator), number::count(ratio.denominator))
}

fn mql_to_sql(input: &FigureInput<'_>) -> Kpi {
    let ratio = input.report.total.mql_to_sql;
    Kpi {
        text: KpiText {
            name: texts().dashboard_mql_to_sql(),
            formula: texts().dashboard_mql_to_sql_formula(),
            denominator: texts().dashboard_mql_to_sql_denominator(),
            cohort: texts().dashboard_cohort_explained(),
            clock: texts().dashboard_clock_explained(),
        },
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: input.line(|figures| figures.mql_to_sql.value),
        below: texts().dashboard_no_baseline(),
        ways: vec![
            (texts().dashboard_to_qualified(), input.leads(Some("qualified"))),
            (texts().dashboard_to_all(), input.leads(None)),
        ],
    }
}

fn time_to_sql(input: &FigureInput<'_>) -> Kpi {
    let times = input.report.total.time_to_sql;
    // Leads that became SQL but have no duration, because a timestamp is missing or the two are out of order.
    let without = input.report.total.mql_to_sql.numerator.saturating_sub(times.count);
    let mean = times.mean_s.map(|mean| texts().dashboard_mean(number::duration(mean))).unwrap_or_default();
    let below = match (without, times.negative) {
        (0, _) => texts().dashboard_no_baseline(),
        (without, 0) => texts().dashboard_no_baseline_no_time(without, number::count(without)),
        (without, negative) => {
            texts().dashboard_no_baseline_negative(without, number::count(without), number::count(negative))
        }
    };
    Kpi {
        text: KpiText {
            name: texts().dashboard_time_to_sql(),
            formula: texts().dashboard_time_to_sql_formula(),
            denominator: texts().dashboard_time_to_sql_denominator(),
            cohort: texts().dashboard_cohort_explained(),
            clock: texts().dashboard_time_to_sql_clock(),
        },
        figure: times.median_s.map(number::duration),
        beside: mean,
        line: input.line(|figures| figures.time_to_sql.median_s),
        below,
        ways: vec![(texts().dashboard_to_qualified(), input.leads(Some("qualified")))],
    }
}

fn false_positives(input: &FigureInput<'_>) -> Kpi {
    let ratio = input.report.total.false_positives;
    Kpi {
        text: KpiText {
            name: texts().dashboard_false_positives(),
            formula: texts().dashboard_false_positives_formula(),
            denominator: texts().dashboard_false_positives_denominator(),
            cohort: texts().dashboard_cohort_explained(),
            clock: texts().dashboard_clock_explained(),
        },
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: input.line(|figures| figures.false_positives.value),
        below: texts().dashboard_no_baseline(),
        ways: vec![
            (texts().dashboard_false_positives(), input.leads(Some("false_positive"))),
            (texts().dashboard_to_judged(), input.leads(Some("judged"))),
        ],
    }
}

fn ae_conversion(input: &FigureInput<'_>) -> Kpi {
    let ratio = input.report.total.ae_conversion;
    Kpi {
        text: KpiText {
            name: texts().dashboard_ae_conversion(),
            formula: texts().dashboard_ae_conversion_formula(),
            denominator: texts().dashboard_ae_conversion_denominator(),
            cohort: texts().dashboard_cohort_explained(),
            clock: texts().dashboard_clock_explained(),
        },
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: input.line(|figures| figures.ae_conversion.value),
        below: texts().dashboard_no_baseline(),
        ways: vec![
            (texts().dashboard_to_converted(), input.leads(Some("converted"))),
            (texts().dashboard_to_assigned(), input.leads(Some("assigned"))),
        ],
    }
}

fn pipeline(input: &FigureInput<'_>) -> Kpi {
    let priced = || input.pipeline.iter().filter_map(|line| Some((line, line.currency.as_deref()?)));
    let created: Vec<String> = priced()
        .filter(|(line, _)| line.created > 0.0)
        .map(|(line, currency)| number::money(line.created, currency))
        .collect();
    let won: Vec<String> = priced()
        .filter(|(line, _)| line.won > 0.0)
        .map(|(line, currency)| number::money(line.won, currency))
        .collect();
    let sum = |count: fn(&PipelineValue) -> i64| input.pipeline.iter().map(count).sum::<i64>();
    let unpriced = sum(|line| if line.currency.is_none() { line.opportunities } else { 0 });
    let opportunities = sum(|line| line.opportunities);
    let mut below = vec![texts().dashboard_opportunities(opportunities, number::count(opportunities))];
    if unpriced > 0 {
        below.push(texts().dashboard_opportunities_unpriced(number::count(unpriced)));
    }
    let won_count = sum(|line| line.won_count);
    if won_count > 0 {
        below.push(texts().dashboard_opportunities_won(number::count(won_count)));
    }
    // Currencies cannot be added up, so the line shows the largest one. A point without opportunities counts as zero.
    let line = priced().next().map(|(largest, _)| {
        let worth = |from: &DateTime<Utc>| {
            largest.points.iter().find(|(of, _)| of == from).map_or(0.0, |(_, worth)| *worth)
        };
        input.report.points.iter().map(|(from, _)| Some(worth(from))).collect()
    });
    Kpi {
        text: KpiText {
            name: texts().dashboard_pipeline(),
            formula: texts().dashboard_pipeline_formula(),
            denominator: texts().dashboard_pipeline_denominator(),
            cohort: texts().dashboard_pipeline_cohort(),
            clock: texts().dashboard_pipeline_clock(),
        },
        figure: (!created.is_empty()).then(|| created.join(" + ")),
        beside: if won.is_empty() { String::new() } else { texts().dashboard_pipeline_won(won.join(" + ")) },
        line: line.unwrap_or_default(),
        below: series::list(below),
        ways: vec![(texts().dashboard_to_qualified(), input.leads(Some("qualified")))],
    }
}

fn completeness(input: &FigureInput<'_>) -> Kpi {
    let ratio = input.complete;
    let below = if ratio.denominator >= SAMPLE as u64 {
        texts().dashboard_completeness_target_newest(number::count(SAMPLE))
    } else {
        texts().dashboard_completeness_target()
    };
    Kpi {
        text: KpiText {
            name: texts().dashboard_completeness(),
            formula: texts().dashboard_completeness_formula(),
            denominator: texts().dashboard_completeness_denominator(number::count(SAMPLE)),
            cohort: texts().dashboard_completeness_cohort(),
            clock: texts().dashboard_completeness_clock(),
        },
        figure: ratio.value.map(number::percent),
        beside: of(&ratio),
        line: Vec::new(),
        below,
        ways: vec![(texts().dashboard_to_all(), input.leads(None))],
    }
}
