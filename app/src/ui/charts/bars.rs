//! Stacked bars of actions over time.

use std::fmt::Write as _;

use chrono::NaiveDate;
use engine::action::Action;
use store::reads::dashboard::BarWidth;

use super::scale::{Axis, strips};
use super::{Chart, ChartCell, ChartTable, LegendEntry, WIDTH, decisions_head, period_head, thinned};
use crate::texts::texts;
use crate::ui::{number, series, words};

/// The order of the stack, from bottom to top, and of the legend.
pub const STACK: [Action; 6] =
    [Action::Assign, Action::Advance, Action::Nurture, Action::Hold, Action::Escalate, Action::Reject];

/// A bar: one period of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartBar {
    /// The short name of the period.
    pub label: String,
    /// The first day of the period.
    pub day: NaiveDate,
    /// Whether the period is not over, so that its decisions are still being counted.
    pub is_open: bool,
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
        let parts = parts.map(|(action, count)| {
            texts().charts_decisions_action(words::action(*action), number::count(count))
        });
        let period =
            if self.is_open { texts().charts_decisions_so_far(&self.label) } else { self.label.clone() };
        let total = self.total();
        texts().charts_decisions_bar(total, period, number::count(total), series::list(parts))
    }
}

/// Builds the chart; `step` is the width of a bar.
pub fn bars(name: &'static str, title: String, bars: &[ChartBar], step: BarWidth) -> Chart {
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
        summary: summary(bars, step),
        legend: legend.collect(),
        unit: texts().charts_decisions(),
        ticks: axis.ticks(|n| number::decimal(n, 0)),
        labels: thinned(bars.iter().map(|bar| bar.label.clone())),
        is_over_time: true,
        is_scale: false,
        along: bars.iter().any(|bar| bar.is_open && bar.total() > 0).then(|| texts().charts_decisions_open()),
        marks: marks(bars, axis),
        table: table(bars, &present, step),
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
            let class = if bar.is_open { r#" class="open""# } else { "" };
            let _ = write!(
                svg,
                r#"<rect{class} data-a="{}" x="{x:.2}" y="{:.2}" width="{width:.2}" height="{height:.2}"/>"#,
                words::action_tone(*action),
                100.0 - share(ground),
            );
        }
    }
    strips(&mut svg, bars.iter().map(ChartBar::words));
    svg
}

fn summary(bars: &[ChartBar], step: BarWidth) -> String {
    let totals = || bars.iter().map(ChartBar::total);
    let (least, most) = (totals().min().unwrap_or_default(), totals().max().unwrap_or_default());
    texts().charts_decisions_summary(
        <&str>::from(step),
        bars.first().map_or("", |bar| &bar.label),
        bars.last().map_or("", |bar| &bar.label),
        number::count(least),
        number::count(most),
        number::count(totals().sum::<u64>()),
    )
}

fn table(bars: &[ChartBar], present: &[usize], step: BarWidth) -> ChartTable {
    let actions = present.iter().map(|i| decisions_head(words::action(STACK[*i]).to_owned()));
    let row = |bar: &ChartBar| {
        let counts = present.iter().map(|i| ChartCell::count(bar.counts[*i]));
        [ChartCell::day(&*bar.label, bar.day)]
            .into_iter()
            .chain(counts)
            .chain([ChartCell::count(bar.total())])
            .collect()
    };
    ChartTable {
        caption: texts().charts_decisions_caption(),
        heads: [period_head(step)]
            .into_iter()
            .chain(actions)
            .chain([decisions_head(texts().charts_decisions_all())])
            .collect(),
        rows: bars.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(counts: [u64; 6]) -> ChartBar {
        ChartBar {
            label: "10 Nov".into(),
            day: NaiveDate::from_ymd_opt(2026, 11, 10).unwrap(),
            is_open: false,
            counts,
        }
    }

    #[test]
    fn a_bar_is_described_in_words() {
        assert_eq!(bar([38, 0, 0, 2, 0, 0]).words(), "10 Nov: 40\u{a0}decisions; Assign 38, Hold 2");
        assert_eq!(bar([0; 6]).words(), "10 Nov: no decisions");
        let today = ChartBar { is_open: true, ..bar([1, 0, 0, 0, 0, 0]) };
        assert_eq!(today.words(), "10 Nov, so far: 1\u{a0}decision; Assign 1");
    }

    #[test]
    fn a_period_that_is_not_over_is_marked() {
        let days = [bar([3, 0, 0, 0, 0, 0]), ChartBar { is_open: true, ..bar([1, 0, 0, 0, 0, 0]) }];
        let chart = bars("decisions", "Decisions per day".into(), &days, BarWidth::Day);
        assert_eq!(chart.marks.matches("class=\"open\"").count(), 1);
        assert_eq!(chart.along.as_deref(), Some("Paler bar: the period is not over yet"));
        assert_eq!(bars("decisions", String::new(), &days[..1], BarWidth::Day).along, None);
    }

    #[test]
    fn files_have_iso_dates_oldest_first_and_units() {
        let later = ChartBar {
            label: "11 Nov".into(),
            day: NaiveDate::from_ymd_opt(2026, 11, 11).unwrap(),
            ..bar([0, 0, 0, 2, 0, 0])
        };
        let chart =
            bars("decisions", "Decisions per day".into(), &[bar([38, 0, 0, 2, 0, 0]), later], BarWidth::Day);
        let file = "Day (first day),Assign (decisions),Hold (decisions),All (decisions)\r\n2026-11-10,38,2,40\r\n2026-11-11,0,2,2\r\n";
        assert_eq!(String::from_utf8(chart.csv().unwrap()).unwrap(), file);
    }

    #[test]
    fn bars_stay_within_the_plot() {
        let svg = marks(&[bar([1, 1, 1, 1, 1, 1]), bar([0, 0, 0, 0, 0, 1])], Axis { top: 8.0, parts: 4 });
        assert_eq!(svg.matches("data-a").count(), 7);
        assert!(!svg.contains("y=\"-") && !svg.contains("height=\"-"));
        assert!(!marks(&[], Axis::counts(4)).contains("NaN"));
    }
}
