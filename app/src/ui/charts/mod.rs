//! Charts, all in the same frame. The server writes the marks as SVG; axes, units and legend are HTML around it. A summary and
//! a table convey the same data, and each chart can be downloaded as a file.

pub mod bars;
mod file;
pub mod funnel;
pub mod histogram;
pub mod interval;
pub mod lines;
pub mod reliability;
mod scale;
pub mod spark;

use chrono::NaiveDate;
use leptos::prelude::*;
use store::reads::dashboard::BarWidth;

use super::icon::{Icon, icon};
use super::number;
use crate::islands::ChartHover;
use crate::texts::texts;

/// Marks where a label can break. Files have none.
const SOFT_HYPHEN: char = '\u{ad}';
/// The maximum number of labels that fit under a chart on a phone.
const LABELS: usize = 7;
/// Size of the coordinate system for marks, independent of the size on screen.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;

/// A chart, ready to be shown or written to a file.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The chart's name in addresses and files.
    pub name: &'static str,
    /// The heading.
    pub title: String,
    /// The summary in a sentence.
    pub summary: String,
    pub legend: Vec<LegendEntry>,
    /// The unit of the vertical axis.
    pub unit: String,
    /// Evenly spaced, from top to bottom.
    pub ticks: Vec<String>,
    /// Evenly spaced under the marks; empty labels are not shown.
    pub labels: Vec<String>,
    /// Whether the rows of the table are periods, which the page shows newest first and files oldest first.
    pub is_over_time: bool,
    /// Whether the labels mark the boundaries of the steps rather than their centres.
    pub is_scale: bool,
    /// The name of the horizontal axis, if the labels do not make it obvious.
    pub along: Option<String>,
    /// SVG within [`WIDTH`] by [`HEIGHT`]. It is not escaped, so it must contain only numbers and our own text.
    pub marks: String,
    pub table: ChartTable,
}

/// An entry of the legend.
#[derive(Clone, Debug)]
pub struct LegendEntry {
    pub tone: &'static str,
    pub words: String,
    pub value: Option<String>,
}

/// The data of a chart as a table. The first column contains the row headers. Heads name the unit for programs.
#[derive(Clone, Debug, Default)]
pub struct ChartTable {
    pub caption: String,
    pub heads: Vec<ChartCell>,
    pub rows: Vec<Vec<ChartCell>>,
}

/// A value in two forms: for people and for programs.
#[derive(Clone, Debug)]
pub struct ChartCell {
    pub shown: String,
    pub plain: String,
}

impl ChartCell {
    pub fn text(text: impl Into<String>) -> Self {
        let shown: String = text.into();
        Self { plain: shown.replace('\u{a0}', " ").replace(SOFT_HYPHEN, ""), shown }
    }

    /// Creates a cell with different texts for people and for programs.
    pub fn named(shown: impl Into<String>, plain: impl Into<String>) -> Self {
        Self { shown: shown.into(), plain: plain.into() }
    }

    /// Creates the cell of a period, which programs get as the ISO date of its first day.
    pub fn day(shown: impl Into<String>, day: NaiveDate) -> Self {
        Self::named(shown, day.format("%Y-%m-%d").to_string())
    }

    pub fn count(n: u64) -> Self {
        Self { shown: number::count(n), plain: n.to_string() }
    }

    /// Creates the cell of a share from 0 to 1. Programs get the plain fraction.
    pub fn share(share: Option<f64>) -> Self {
        Self {
            shown: share_words(share),
            plain: share.map(|share| format!("{share:.4}")).unwrap_or_default(),
        }
    }
}

impl Chart {
    /// Renders the chart with its axes, legend, read-out, table and downloads. `files` returns the address of the file with an
    /// extension.
    pub fn view(&self, files: impl Fn(&str) -> String) -> AnyView {
        let legend = self.legend.iter().map(|key| {
            let value = key.value.clone().map(|value| view! { <b>{value}</b> });
            view! { <li data-a=key.tone><span class="dot"></span>{key.words.clone()}{value}</li> }
        });
        let ticks = self.ticks.iter().map(|tick| view! { <span>{tick.clone()}</span> }).collect_view();
        let labels = self.labels.iter().map(|label| view! { <span>{label.clone()}</span> }).collect_view();
        let legend =
            (!self.legend.is_empty()).then(|| view! { <ul class="legend">{legend.collect_view()}</ul> });
        let wide = if self.labels.len() > 14 && !self.is_scale { "plot wide" } else { "plot" };
        let along =
            self.along.clone().map(|along| view! { <p class="axis along" aria-hidden="true">{along}</p> });
        let axis = if self.is_scale { "x ends" } else { "x" };
        let svg = self.marks.clone();
        let read_out = texts().charts_read_out(&self.title);
        let file = |ending: &str| {
            let format = ending.to_uppercase();
            let label = texts().charts_file(&format, &self.title);
            view! { <a class="btn plain" href=files(ending) download aria-label=label>{icon(Icon::Download)}{format}</a> }
        };
        view! {
            <figure class="chart" id=format!("c-{}", self.name) aria-label=self.summary.clone()>
                {legend}
                <p class="axis" aria-hidden="true">{self.unit.clone()}</p>
                <ChartHover>
                    <div class="bars">
                        <div class="y" aria-hidden="true">{ticks}</div>
                        <div class="scroll" tabindex="0" role="group" aria-label=read_out>
                            <div class=wide>
                                <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true" inner_html=svg></svg>
                            </div>
                            <div class=axis aria-hidden="true">{labels}</div>
                            {along}
                        </div>
                    </div>
                </ChartHover>
            </figure>
            <div class="chart-foot">
                <details class="fold"><summary>{texts().charts_as_table()}</summary>{self.table.view(self.is_over_time)}</details>
                <span class="row">{file("csv")}{file("svg")}</span>
            </div>
        }
        .into_any()
    }
}

impl ChartTable {
    fn view(&self, is_reversed: bool) -> AnyView {
        let heads = self.heads.iter().enumerate().map(|(place, head)| {
            view! { <th scope="col" class=(place > 0).then_some("num")>{head.shown.clone()}</th> }
        });
        let mut rows: Vec<&Vec<ChartCell>> = self.rows.iter().collect();
        if is_reversed {
            rows.reverse();
        }
        let row = |row: &Vec<ChartCell>| {
            let mut cells = row.iter().map(|cell| cell.shown.clone());
            let first = cells.next();
            let rest = cells.map(|cell| view! { <td class="num">{cell}</td> }).collect_view();
            view! { <tr><th scope="row">{first}</th>{rest}</tr> }
        };
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label=texts().charts_table(&self.caption)>
                <table class="table">
                    <caption class="sr">{self.caption.clone()}</caption>
                    <thead><tr>{heads.collect_view()}</tr></thead>
                    <tbody>{rows.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    }
}

/// Returns the head of a column of shares, whose unit programs need to know.
fn share_head(words: String) -> ChartCell {
    let plain = texts().charts_head_share(&words);
    ChartCell::named(words, plain)
}

/// Returns the head of a column of decisions, whose unit programs need to know.
fn decisions_head(words: String) -> ChartCell {
    let plain = texts().charts_head_decisions(&words);
    ChartCell::named(words, plain)
}

/// Returns the head of the column of periods.
fn period_head(step: BarWidth) -> ChartCell {
    let shown = texts().charts_period(<&str>::from(step));
    let plain = texts().charts_head_first_day(&shown);
    ChartCell::named(shown, plain)
}

/// Formats a share, which may be unknown.
fn share_words(share: Option<f64>) -> String {
    share.map_or_else(|| texts().number_not_available(), number::percent)
}

/// Summarizes a chart by the values of its points.
fn summary_of(title: &str, points: &[String]) -> String {
    let points = points.iter().cloned().reduce(|points, next| texts().charts_summary_next(points, next));
    texts().charts_summary(title, points.unwrap_or_default())
}

/// Drops labels until the rest fits. Counts from the end, so that the latest period always keeps its label.
fn thinned(labels: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let count = labels.len();
    let every = count.div_ceil(LABELS).max(1);
    labels
        .enumerate()
        .map(|(i, label)| if (count - 1 - i).is_multiple_of(every) { label } else { String::new() })
        .collect()
}
