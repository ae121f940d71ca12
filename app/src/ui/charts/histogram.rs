//! A histogram of confidences, from 0 to 1.

use std::fmt::Write as _;

use super::scale::{Axis, strips};
use super::{Chart, ChartCell, ChartTable, WIDTH, share_head};
use crate::texts::texts;
use crate::ui::number;

/// Builds the chart from the number of leads in bins of equal width.
pub fn histogram(name: &'static str, title: String, bins: &[u64]) -> Chart {
    let all: u64 = bins.iter().sum();
    let width = 1.0 / bins.len().max(1) as f64;
    let bound = |i: usize| format!("{:.2}", i as f64 * width);
    let stretch = |i: usize| texts().charts_range(bound(i), bound(i + 1));
    let share = |n: u64| (all > 0).then(|| n as f64 / all as f64);
    let said = |(i, n): (usize, &u64)| match share(*n) {
        Some(share) => {
            texts().charts_histogram_bin_share(stretch(i), number::count(*n), number::percent(share))
        }
        None => texts().charts_histogram_bin(stretch(i), number::count(*n)),
    };
    let axis = Axis::counts(bins.iter().copied().max().unwrap_or_default());
    let mut marks = String::new();
    axis.grid(&mut marks);
    let step = WIDTH / bins.len().max(1) as f64;
    for (i, n) in bins.iter().enumerate().filter(|(_, n)| **n > 0) {
        let height = axis.height(*n as f64);
        let _ = write!(
            marks,
            r#"<rect data-a="info" x="{:.2}" y="{:.2}" width="{:.2}" height="{height:.2}"/>"#,
            step * i as f64 + step * 0.05,
            100.0 - height,
            step * 0.9,
        );
    }
    strips(&mut marks, bins.iter().enumerate().map(said).collect::<Vec<_>>().into_iter());
    let most = bins.iter().enumerate().max_by_key(|(_, n)| **n).filter(|(_, n)| **n > 0);
    let most = most.map(|(i, _)| stretch(i)).unwrap_or_default();
    Chart {
        name,
        summary: texts().charts_histogram_summary(all, &title, number::count(all), most),
        title,
        legend: Vec::new(),
        unit: texts().charts_leads(),
        ticks: axis.ticks(|n| number::decimal(n, 0)),
        labels: ["0", "0.25", "0.50", "0.75", "1"].map(str::to_owned).into(),
        is_over_time: false,
        is_scale: true,
        along: Some(texts().charts_confidence()),
        marks,
        table: ChartTable {
            caption: texts().charts_histogram_caption(),
            heads: vec![
                ChartCell::text(texts().charts_confidence()),
                ChartCell::text(texts().charts_leads()),
                share_head(texts().charts_share()),
            ],
            rows: bins
                .iter()
                .enumerate()
                .map(|(i, n)| {
                    vec![ChartCell::text(stretch(i)), ChartCell::count(*n), ChartCell::share(share(*n))]
                })
                .collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_add_up_and_say_where_most_lie() {
        let chart = histogram("sure", "How sure".into(), &[0, 1, 0, 3]);
        assert_eq!(chart.summary, "How sure, 4 leads in total. Most are at 0.75\u{a0}to\u{a0}1.00.");
        assert_eq!(chart.marks.matches("data-a").count(), 2);
        assert_eq!(chart.table.rows[3][2].shown, "75.0\u{a0}%");
        let none = histogram("sure", "How sure".into(), &[0; 4]);
        assert!(!none.marks.contains("NaN") && none.summary == "How sure, no leads.");
    }
}
