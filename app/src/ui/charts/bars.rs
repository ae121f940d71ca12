//! Stacked bars of actions over time.

use std::fmt::Write as _;

use engine::action::Action;

use super::scale::{Axis, strips};
use super::{Chart, ChartCell, ChartTable, LegendEntry, WIDTH, thinned};
use crate::ui::{number, words};

/// The order of the stack, from bottom to top, and of the legend.
pub const STACK: [Action; 6] =
    [Action::Assign, Action::Advance, Action::Nurture, Action::Hold, Action::Escalate, Action::Reject];

/// A bar: one period of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartBar {
    /// The short name of the period.
    pub label: String,
    /// The number of decisions per action, in the order of [`STACK`].
    pub counts: [u64; 6],
}

impl ChartBar {
    /// Returns the number of all decisions.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Describes the bar in words.
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

/// Builds the chart. `unit` is the period of a bar, such as `a day`.
pub fn bars(name: &'static str, title: String, bars: &[ChartBar], unit: &str) -> Chart {
    let axis = Axis::counts(bars.iter().map(ChartBar::total).max().unwrap_or_default());
    let present: Vec<usize> =
        (0..STACK.len()).filter(|i| bars.iter().any(|bar| bar.counts[*i] > 0)).collect();
    let legend = present.iter().map(|i| LegendEntry {
        tone: words::action_tone(STACK[*i]),
        words: words::action(STACK[*i]).to_owned(),
        value: Some(number::count(bars.iter().map(|bar| bar.counts[*i]).sum::<u64>())),
    });
    Chart {
        name,
        title,
        summary: summary(bars, unit),
        legend: legend.collect(),
        unit: "Decisions",
        ticks: axis.ticks(|n| number::decimal(n, 0)),
        labels: thinned(bars.iter().map(|bar| bar.label.clone())),
        is_scale: false,
        along: None,
        marks: marks(bars, axis),
        table: table(bars, &present),
    }
}

fn marks(bars: &[ChartBar], axis: Axis) -> String {
    let mut svg = String::with_capacity(bars.len() * 500);
    axis.grid(&mut svg);
    let step = WIDTH / bars.len().max(1) as f64;
    let width = (step * 0.72).min(60.0);
    for (i, bar) in bars.iter().enumerate() {
        let x = step * (i as f64 + 0.5) - width / 2.0;
        let mut ground = 0;
        for (action, count) in STACK.iter().zip(bar.counts).filter(|(_, count)| *count > 0) {
            let share = |n: u64| axis.height(n as f64);
            ground += count;
            // Leaves a thin gap between two actions, unless the upper one is thinner than the gap.
            let height = (share(count) - 0.5).max(share(count) * 0.6);
            let _ = write!(
                svg,
                r#"<rect data-a="{}" x="{x:.2}" y="{:.2}" width="{width:.2}" height="{height:.2}"/>"#,
                words::action_tone(*action),
                100.0 - share(ground),
            );
        }
    }
    strips(&mut svg, bars.iter().map(ChartBar::words));
    svg
}

fn summary(bars: &[ChartBar], unit: &str) -> String {
    let totals = || bars.iter().map(ChartBar::total);
    let (least, most) = (totals().min().unwrap_or_default(), totals().max().unwrap_or_default());
    format!(
        "Decisions by action {unit}, {} to {}. Between {} and {} {unit}, {} in all.",
        bars.first().map_or("", |bar| &bar.label),
        bars.last().map_or("", |bar| &bar.label),
        number::count(least),
        number::count(most),
        number::count(totals().sum::<u64>()),
    )
}

fn table(bars: &[ChartBar], present: &[usize]) -> ChartTable {
    let actions = present.iter().map(|i| words::action(STACK[*i]).to_owned());
    let row = |bar: &ChartBar| {
        let counts = present.iter().map(|i| ChartCell::count(bar.counts[*i]));
        [ChartCell::text(&*bar.label)]
            .into_iter()
            .chain(counts)
            .chain([ChartCell::count(bar.total())])
            .collect()
    };
    ChartTable {
        caption: "Decisions by action".into(),
        heads: ["When".to_owned()].into_iter().chain(actions).chain(["All".to_owned()]).collect(),
        rows: bars.iter().rev().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(counts: [u64; 6]) -> ChartBar {
        ChartBar { label: "10 Nov".into(), counts }
    }

    #[test]
    fn a_bar_is_told_in_words() {
        assert_eq!(bar([38, 0, 0, 2, 0, 0]).words(), "10 Nov: 40\u{a0}decisions; assign 38, hold 2");
        assert_eq!(bar([0; 6]).words(), "10 Nov: none");
    }

    #[test]
    fn bars_stay_within_the_plot() {
        let svg = marks(&[bar([1, 1, 1, 1, 1, 1]), bar([0, 0, 0, 0, 0, 1])], Axis { top: 8.0, parts: 4 });
        assert_eq!(svg.matches("data-a").count(), 7);
        assert!(!svg.contains("y=\"-") && !svg.contains("height=\"-"));
        assert!(!marks(&[], Axis::counts(4)).contains("NaN"));
    }
}
