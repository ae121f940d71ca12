//! Funnel charts: how many leads of each stage reached the next one.

use std::fmt::Write as _;

use super::scale::{Axis, strips};
use super::{Chart, ChartCell, ChartTable, WIDTH, share_head};
use crate::ui::number;

/// A stage and the number of leads that reached it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelStage {
    pub words: &'static str,
    pub count: u64,
}

/// Builds the chart. A paler bar behind each stage shows the stage before it, so the difference is visible.
pub fn funnel(name: &'static str, title: String, stages: &[FunnelStage]) -> Chart {
    let first = stages.first().map_or(0, |stage| stage.count);
    let before = |i: usize| i.checked_sub(1).and_then(|i| stages.get(i)).map(|stage| stage.count);
    let told = |(i, stage): (usize, &FunnelStage)| match before(i) {
        Some(before) => format!(
            "{}: {}, {} of the previous stage, {} of all",
            stage.words,
            number::count(stage.count),
            shown(share(stage.count, before)),
            shown(share(stage.count, first))
        ),
        None => format!("{}: {}", stage.words, number::count(stage.count)),
    };
    let row = |(i, stage): (usize, &FunnelStage)| {
        let of_before = before(i)
            .map_or_else(|| ChartCell::text(""), |before| ChartCell::share(share(stage.count, before)));
        vec![
            ChartCell::text(stage.words),
            ChartCell::count(stage.count),
            of_before,
            ChartCell::share(share(stage.count, first)),
        ]
    };
    let axis = Axis::counts(first);
    let mut marks = String::new();
    axis.grid(&mut marks);
    let step = WIDTH / stages.len().max(1) as f64;
    for (i, stage) in stages.iter().enumerate() {
        let x = step * (i as f64 + 0.2);
        let height = |n: u64| axis.height(n as f64);
        for (tone, n) in [("left", before(i).unwrap_or_default()), ("info", stage.count)] {
            let _ = write!(
                marks,
                r#"<rect data-a="{tone}" x="{x:.2}" y="{:.2}" width="{:.2}" height="{:.2}"/>"#,
                100.0 - height(n),
                step * 0.6,
                height(n)
            );
        }
    }
    strips(&mut marks, stages.iter().enumerate().map(told).collect::<Vec<_>>().into_iter());
    let summary = stages.iter().enumerate().map(told).collect::<Vec<_>>().join(". ");
    Chart {
        name,
        summary: format!("{title}. {summary}."),
        title,
        legend: Vec::new(),
        unit: "Leads",
        ticks: axis.ticks(|n| number::decimal(n, 0)),
        labels: stages.iter().map(|stage| hyphenated(stage.words)).collect(),
        is_over_time: false,
        is_scale: false,
        along: None,
        marks,
        table: ChartTable {
            caption: "Funnel".into(),
            heads: vec![
                ChartCell::text("Stage"),
                ChartCell::text("Leads"),
                share_head("Of previous stage"),
                share_head("Of all"),
            ],
            rows: stages.iter().enumerate().map(row).collect(),
        },
    }
}

/// Inserts soft hyphens, so that labels can break under a narrow chart.
fn hyphenated(words: &str) -> String {
    words.replace("qualified", "quali\u{ad}fied").replace("Opportunity", "Oppor\u{ad}tunity")
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn shown(share: Option<f64>) -> String {
    share.map_or_else(|| "n/a".into(), number::percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(counts: [u64; 3]) -> Chart {
        let stages: Vec<FunnelStage> = ["Decided", "Accepted", "Won"]
            .into_iter()
            .zip(counts)
            .map(|(words, count)| FunnelStage { words, count })
            .collect();
        funnel("funnel", "Funnel".into(), &stages)
    }

    #[test]
    fn each_stage_is_told_by_the_one_before_and_by_all() {
        let chart = chart([200, 50, 10]);
        assert!(
            chart.summary.contains("Accepted: 50, 25.0\u{a0}% of the previous stage, 25.0\u{a0}% of all")
        );
        assert!(chart.summary.contains("Won: 10, 20.0\u{a0}% of the previous stage, 5.0\u{a0}% of all"));
        assert_eq!(chart.table.rows[2][2].plain, "0.2000");
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        let chart = chart([0, 0, 0]);
        assert!(chart.summary.contains("Won: 0, n/a of the previous stage") && !chart.marks.contains("NaN"));
    }
}
