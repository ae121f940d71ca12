//! Charts: one frame for all kinds. The marks are SVG that the server writes; axes, units and legend are HTML beside it;
//! a sentence says the same, and so does a table. Each can be had as a file.

pub mod bars;
mod file;
pub mod funnel;
pub mod histogram;
pub mod interval;
pub mod lines;
pub mod reliability;
mod scale;
pub mod spark;

use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::number;
use crate::islands::ChartHover;

/// Labels that fit under a chart on a phone.
const LABELS: usize = 7;
/// Width and height that marks are drawn in, whatever the size on screen.
const WIDTH: f64 = 1000.0;
const HEIGHT: f64 = 100.0;

/// A chart, ready to be shown or written to a file.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Names it in addresses and files.
    pub name: &'static str,
    /// What it shows, as a heading.
    pub title: String,
    /// What it says, as a sentence.
    pub summary: String,
    pub legend: Vec<Key>,
    /// What the vertical axis counts.
    pub unit: &'static str,
    /// From top to bottom, evenly spaced.
    pub ticks: Vec<String>,
    /// Under the marks, evenly spaced; an empty one is left out.
    pub labels: Vec<String>,
    /// The labels stand at the ends of the marks' steps rather than under them.
    pub is_scale: bool,
    /// What the horizontal axis is of, where the labels do not say.
    pub along: Option<&'static str>,
    /// SVG in a field of [`WIDTH`] by [`HEIGHT`]; nothing but figures and our own words is in it.
    pub marks: String,
    pub table: Table,
}

/// What a colour stands for.
#[derive(Clone, Debug)]
pub struct Key {
    pub tone: &'static str,
    pub words: String,
    pub value: Option<String>,
}

/// The same in figures. The first column heads its rows.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub caption: String,
    pub heads: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A figure as people read it, and as a program does.
#[derive(Clone, Debug)]
pub struct Cell {
    pub shown: String,
    pub plain: String,
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        let shown: String = text.into();
        Self { plain: shown.replace('\u{a0}', " "), shown }
    }

    pub fn count(n: u64) -> Self {
        Self { shown: number::count(n), plain: n.to_string() }
    }

    /// A share from 0 to 1; a program gets it as such.
    pub fn share(share: Option<f64>) -> Self {
        let shown = share.map_or_else(|| "n/a".into(), number::percent);
        Self { shown, plain: share.map(|share| format!("{share:.4}")).unwrap_or_default() }
    }
}

impl Chart {
    /// The chart with its axes, legend, read-out, table and files. `files` is the address of a file of a given ending.
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
        let along = self.along.map(|along| view! { <p class="axis along" aria-hidden="true">{along}</p> });
        let axis = if self.is_scale { "x ends" } else { "x" };
        let svg = self.marks.clone();
        let read_out = format!("{}; the arrow keys read it out", self.title);
        let file = |ending: &str| {
            view! { <a class="btn plain" href=files(ending) download>{icon(Icon::Download)}{ending.to_uppercase()}<span class="sr">{format!(" of {}", self.title)}</span></a> }
        };
        view! {
            <figure class="chart" id=format!("c-{}", self.name) aria-label=self.summary.clone()>
                {legend}
                <p class="axis" aria-hidden="true">{self.unit}</p>
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
                <details class="fold"><summary>"The same as a table"</summary>{self.table.view()}</details>
                <span class="row">{file("csv")}{file("svg")}</span>
            </div>
        }
        .into_any()
    }
}

impl Table {
    fn view(&self) -> AnyView {
        let heads = self.heads.iter().enumerate().map(|(place, head)| {
            view! { <th scope="col" class=(place > 0).then_some("num")>{head.clone()}</th> }
        });
        let row = |row: &Vec<Cell>| {
            let mut cells = row.iter().map(|cell| cell.shown.clone());
            let first = cells.next();
            let rest = cells.map(|cell| view! { <td class="num">{cell}</td> }).collect_view();
            view! { <tr><th scope="row">{first}</th>{rest}</tr> }
        };
        view! {
            <div class="scroll" tabindex="0" role="group" aria-label=format!("Table: {}", self.caption)>
                <table class="table">
                    <caption class="sr">{self.caption.clone()}</caption>
                    <thead><tr>{heads.collect_view()}</tr></thead>
                    <tbody>{self.rows.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    }
}

/// Keeps as many of the labels as fit, counted from the end: the present always has its own.
fn thinned(labels: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let count = labels.len();
    let every = count.div_ceil(LABELS).max(1);
    labels
        .enumerate()
        .map(|(i, label)| if (count - 1 - i).is_multiple_of(every) { label } else { String::new() })
        .collect()
}
