//! Funnel charts: how many leads of each stage reached the next one.

use std::fmt::Write as _;

use super::scale::{Axis, strips};
use super::{Chart, ChartCell, ChartTable, SOFT_HYPHEN, WIDTH, share_head, share_words, summary_of};
use crate::texts::texts;
use crate::ui::number;

/// A stage and the number of leads that reached it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunnelStage {
    /// The name, with soft hyphens where it can break under a narrow chart.
    pub words: String,
    pub count: u64,
}

/// Builds the chart. A paler bar behind each stage shows the stage before it, so the difference is visible.
pub fn funnel(name: &'static str, title: String, stages: &[FunnelStage]) -> Chart {
    let first = stages.first().map_or(0, |stage| stage.count);
    let before = |i: usize| i.checked_sub(1).and_then(|i| stages.get(i)).map(|stage| stage.count);
    let said = |(i, stage): (usize, &FunnelStage)| {
        let (words, count) = (stage.words.replace(SOFT_HYPHEN, ""), number::count(stage.count));
        match before(i) {
            Some(before) => {
                let (previous, all) = (share(stage.count, before), share(stage.count, first));
                texts().charts_funnel_next(words, count, share_words(previous), share_words(all))
            }
            None => texts().charts_funnel_first(words, count),
        }
    };
    let said: Vec<String> = stages.iter().enumerate().map(said).collect();
    let row = |(i, stage): (usize, &FunnelStage)| {
        let of_before = before(i)
            .map_or_else(|| ChartCell::text(""), |before| ChartCell::share(share(stage.count, before)));
        vec![
            ChartCell::text(&*stage.words),
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
    strips(&mut marks, said.iter().cloned());
    Chart {
        name,
        summary: summary_of(&title, &said),
        title,
        legend: Vec::new(),
        unit: texts().charts_leads(),
        ticks: axis.ticks(|n| number::decimal(n, 0)),
        labels: stages.iter().map(|stage| stage.words.clone()).collect(),
        is_over_time: false,
        is_scale: false,
        along: None,
        marks,
        table: ChartTable {
            caption: texts().charts_funnel_caption(),
            heads: vec![
                ChartCell::text(texts().charts_funnel_stage()),
                ChartCell::text(texts().charts_leads()),
                share_head(texts().charts_funnel_of_previous()),
                share_head(texts().charts_funnel_of_all()),
            ],
            rows: stages.iter().enumerate().map(row).collect(),
        },
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(counts: [u64; 3]) -> Chart {
        let stages: Vec<FunnelStage> = ["Decided", "Accepted", "Won"]
            .into_iter()
            .zip(counts)
            .map(|(words, count)| FunnelStage { words: words.into(), count })
            .collect();
        funnel("funnel", "Funnel".into(), &stages)
    }

    #[test]
    fn each_stage_is_compared_with_the_one_before_and_with_all() {
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
