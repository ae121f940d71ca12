//! Stacked bars of actions over time.

use std::fmt::Write as _;

use engine::action::Action;
use leptos::prelude::*;

use super::{number, words};
use crate::islands::ChartHover;

/// The order of the stack, from the ground up, and of the legend.
pub const STACK: [Action; 6] =
    [Action::Assign, Action::Advance, Action::Nurture, Action::Hold, Action::Escalate, Action::Reject];

/// Labels that fit under a chart on a phone.
const LABELS: usize = 7;

/// One bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// Which stretch of time, short.
    pub label: String,
    /// How many of each action, in the order of [`STACK`].
    pub counts: [u64; 6],
}

impl Bar {
    /// Everything in it.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// What is in it, in words.
    fn words(&self) -> String {
        let parts = STACK.iter().zip(self.counts).filter(|(_, count)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(action, count)| {
                format!("{} {}", words::action(*action).to_lowercase(), number::count(count))
            })
            .collect();
        let total = number::plural(self.total(), "decision", "decisions");
        if parts.is_empty() {
            format!("{}: none", self.label)
        } else {
            format!("{}: {total}; {}", self.label, parts.join(", "))
        }
    }
}

/// The chart with its axes, legend, read-out and, folded, the same as a table.
pub fn bars(bars: &[Bar], unit: &'static str) -> impl IntoView + use<> {
    let top = nice_top(bars.iter().map(Bar::total).max().unwrap_or_default());
    let ticks =
        [top, top / 4 * 3, top / 2, top / 4, 0].map(|tick| view! { <span>{number::count(tick)}</span> });
    // Counted from the end: the present always has its label.
    let every = bars.len().div_ceil(LABELS).max(1);
    let labels = bars.iter().enumerate().map(|(i, bar)| {
        let is_shown = (bars.len() - 1 - i).is_multiple_of(every);
        view! { <span>{is_shown.then(|| bar.label.clone())}</span> }
    });
    let present: Vec<usize> =
        (0..STACK.len()).filter(|i| bars.iter().any(|bar| bar.counts[*i] > 0)).collect();
    let legend = present.iter().map(|i| {
        let total: u64 = bars.iter().map(|bar| bar.counts[*i]).sum();
        let action = STACK[*i];
        view! { <li data-a=words::action_tone(action)><span class="dot"></span>{words::action(action)}<b>{number::count(total)}</b></li> }
    });
    let wide = if bars.len() > 14 { "plot wide" } else { "plot" };
    let (legend, svg, ticks, labels) =
        (legend.collect_view(), marks(bars, top), ticks.collect_view(), labels.collect_view());
    view! {
        <figure class="chart" aria-label=summary(bars, unit)>
            <ul class="legend">{legend}</ul>
            <ChartHover>
                <div class="bars">
                    <div class="y" aria-hidden="true">{ticks}</div>
                    <div class="scroll" tabindex="0" role="group" aria-label="Bars; the arrow keys read them out">
                        <div class=wide>
                            <svg viewBox="0 0 1000 100" preserveAspectRatio="none" aria-hidden="true" inner_html=svg></svg>
                        </div>
                        <div class="x" aria-hidden="true">{labels}</div>
                    </div>
                </div>
            </ChartHover>
        </figure>
        <details class="fold"><summary>"The same as a table"</summary>{table(bars, &present)}</details>
    }
}

/// Grid, bars and hit strips. Nothing but figures and our own words is in it.
fn marks(bars: &[Bar], top: u64) -> String {
    let mut svg = String::with_capacity(bars.len() * 500);
    for y in [0.3, 25.0, 50.0, 75.0, 99.7] {
        let _ = write!(svg, r#"<line x1="0" x2="1000" y1="{y}" y2="{y}"/>"#);
    }
    let step = 1000.0 / bars.len().max(1) as f64;
    let width = (step * 0.72).min(60.0);
    for (i, bar) in bars.iter().enumerate() {
        let x = step * (i as f64 + 0.5) - width / 2.0;
        let mut ground = 0;
        for (action, count) in STACK.iter().zip(bar.counts).filter(|(_, count)| *count > 0) {
            let share = |n: u64| n as f64 / top as f64 * 100.0;
            ground += count;
            // A hair of ground between two actions, unless the upper one is thinner than that.
            let height = (share(count) - 0.5).max(share(count) * 0.6);
            let _ = write!(
                svg,
                r#"<rect data-a="{}" x="{x:.2}" y="{:.2}" width="{width:.2}" height="{height:.2}"/>"#,
                words::action_tone(*action),
                100.0 - share(ground),
            );
        }
    }
    // On top, so that the pointer is on a strip wherever it is.
    for (i, bar) in bars.iter().enumerate() {
        let left = step * i as f64;
        let _ = write!(
            svg,
            r#"<rect class="hit" data-hit="{i}" x="{left:.2}" width="{step:.2}" height="100"><title>{}</title></rect>"#,
            bar.words()
        );
    }
    svg
}

fn summary(bars: &[Bar], unit: &str) -> String {
    let totals = || bars.iter().map(Bar::total);
    let (least, most) = (totals().min().unwrap_or_default(), totals().max().unwrap_or_default());
    let all: u64 = totals().sum();
    format!(
        "{} by action {unit}, {} to {}. Between {} and {} {unit}, {} in all.",
        "Decisions",
        bars.first().map_or("", |bar| &bar.label),
        bars.last().map_or("", |bar| &bar.label),
        number::count(least),
        number::count(most),
        number::count(all),
    )
}

fn table(bars: &[Bar], present: &[usize]) -> impl IntoView + use<> {
    let heads = present
        .iter()
        .map(|i| view! { <th scope="col" class="num">{words::action(STACK[*i])}</th> })
        .collect_view();
    let row = |bar: &Bar| {
        let cells = present
            .iter()
            .map(|i| view! { <td class="num">{number::count(bar.counts[*i])}</td> })
            .collect_view();
        view! { <tr><th scope="row">{bar.label.clone()}</th>{cells}<td class="num">{number::count(bar.total())}</td></tr> }
    };
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Table of decisions by action">
            <table class="table">
                <caption class="sr">"Decisions by action"</caption>
                <thead><tr><th scope="col">"When"</th>{heads}<th scope="col" class="num">"All"</th></tr></thead>
                <tbody>{bars.iter().rev().map(row).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// The least round number at or above `most` that four parts divide evenly.
fn nice_top(most: u64) -> u64 {
    let mut power = 1;
    loop {
        for step in [1, 2, 3, 5, 10] {
            let top = 4 * step * power;
            if top >= most {
                return top;
            }
        }
        power *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(counts: [u64; 6]) -> Bar {
        Bar { label: "10 Nov".into(), counts }
    }

    #[test]
    fn the_axis_ends_on_a_round_number() {
        assert_eq!([0, 4, 5, 9, 13, 21, 341, 1_000].map(nice_top), [4, 4, 8, 12, 20, 40, 400, 1_200]);
    }

    #[test]
    fn a_bar_is_told_in_words() {
        assert_eq!(bar([38, 0, 0, 2, 0, 0]).words(), "10 Nov: 40\u{a0}decisions; assign 38, hold 2");
        assert_eq!(bar([0; 6]).words(), "10 Nov: none");
    }

    #[test]
    fn bars_stay_within_the_plot() {
        let svg = marks(&[bar([1, 1, 1, 1, 1, 1]), bar([0, 0, 0, 0, 0, 1])], 8);
        assert_eq!(svg.matches("data-a").count(), 7);
        assert!(!svg.contains("y=\"-") && !svg.contains("height=\"-"));
        assert!(!marks(&[], 4).contains("NaN"));
    }
}
