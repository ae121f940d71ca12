//! Reliability curves: how often decisions were right against their confidence. On the dotted line both are equal.

use std::fmt::Write as _;

use engine::control::calibration::{BINS, CalibrationBin, ENOUGH, Reliability};

use super::interval::wilson;
use super::scale::{Axis, strips};
use super::{Chart, ChartCell, ChartTable, LegendEntry, WIDTH, decisions_head, share_head};
use crate::texts::texts;
use crate::ui::number;

/// Builds the chart.
pub fn reliability(name: &'static str, title: String, measured: &Reliability) -> Chart {
    let mut marks = String::new();
    Axis::WHOLE.grid(&mut marks);
    marks.push_str(r#"<line class="even" x1="0" y1="100" x2="1000" y2="0"/>"#);
    let points: Vec<(f64, f64, &CalibrationBin)> = measured
        .bins
        .iter()
        .filter_map(|bin| Some((bin.confidence()? * WIDTH, (1.0 - bin.accuracy()?) * 100.0, bin)))
        .collect();
    for (i, (x, y, _)) in points.iter().enumerate() {
        if let Some((from_x, from_y, _)) = i.checked_sub(1).and_then(|i| points.get(i)) {
            let _ = write!(
                marks,
                r#"<line class="curve" x1="{from_x:.2}" y1="{from_y:.2}" x2="{x:.2}" y2="{y:.2}"/>"#
            );
        }
    }
    for (x, y, bin) in &points {
        if let Some((low, high)) = wilson(bin.right, bin.count) {
            let (low, high) = ((1.0 - low) * 100.0, (1.0 - high) * 100.0);
            let _ = write!(
                marks,
                r#"<line class="spread" x1="{x:.2}" x2="{x:.2}" y1="{low:.2}" y2="{high:.2}"/>"#
            );
        }
        // A line of zero length with round caps is a dot, however the plot is stretched.
        let _ = write!(marks, r#"<line class="point" x1="{x:.2}" x2="{x:.2}" y1="{y:.2}" y2="{y:.2}"/>"#);
    }
    strips(&mut marks, measured.bins.iter().enumerate().map(|(i, bin)| words(i, bin)));
    let judged = measured.judged();
    let summary = match measured.error() {
        Some(error) => {
            texts().charts_calibration_summary(judged, &title, number::count(judged), number::percent(error))
        }
        None => {
            texts().charts_calibration_too_few(judged, &title, number::count(judged), number::count(ENOUGH))
        }
    };
    Chart {
        name,
        summary,
        title,
        legend: vec![
            LegendEntry { tone: "info", words: texts().charts_correct_interval(), value: None },
            LegendEntry { tone: "even", words: texts().charts_perfect(), value: None },
        ],
        unit: texts().charts_correct(),
        ticks: Axis::WHOLE.ticks(|share| texts().number_percent(number::decimal(share * 100.0, 0))),
        labels: ["0", "0.25", "0.50", "0.75", "1"].map(str::to_owned).into(),
        is_over_time: false,
        is_scale: true,
        along: Some(texts().charts_confidence()),
        marks,
        table: table(measured),
    }
}

fn stretch(i: usize) -> String {
    let bound = |i: usize| format!("{:.1}", i as f64 / BINS as f64);
    texts().charts_range(bound(i), bound(i + 1))
}

fn words(i: usize, bin: &CalibrationBin) -> String {
    match bin.confidence().zip(bin.accuracy()) {
        Some((sure, right)) => texts().charts_calibration_bin(
            stretch(i),
            number::count(bin.right),
            number::count(bin.count),
            number::percent(right),
            number::percent(sure),
        ),
        None => texts().charts_calibration_bin_empty(stretch(i)),
    }
}

fn table(measured: &Reliability) -> ChartTable {
    let row = |(i, bin): (usize, &CalibrationBin)| {
        let interval = wilson(bin.right, bin.count).map_or_else(String::new, |(low, high)| {
            let whole = |share: f64| number::decimal(share * 100.0, 0);
            texts().charts_interval_percent(whole(low), whole(high))
        });
        vec![
            ChartCell::text(stretch(i)),
            ChartCell::count(bin.count),
            ChartCell::share(bin.confidence()),
            ChartCell::share(bin.accuracy()),
            ChartCell::text(interval),
        ]
    };
    ChartTable {
        caption: texts().charts_calibration_caption(),
        heads: vec![
            ChartCell::text(texts().charts_confidence()),
            decisions_head(texts().charts_judged()),
            share_head(texts().charts_mean_confidence()),
            share_head(texts().charts_correct()),
            ChartCell::text(texts().charts_interval()),
        ],
        rows: measured.bins.iter().enumerate().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_says_its_error_or_that_there_are_too_few() {
        let few = reliability("reliability", "Right".into(), &Reliability::of([(0.9, true)]));
        assert!(few.summary.contains("1\u{a0}judged decision. Expected calibration error n/a: at least 50"));
        assert_eq!(few.marks.matches("class=\"point\"").count(), 1);
        let many =
            reliability("reliability", "Right".into(), &Reliability::of((0..100).map(|n| (0.9, n < 75))));
        assert!(many.summary.contains("error 15.0\u{a0}%"), "{}", many.summary);
        assert_eq!(many.table.rows[9][1].plain, "100");
        let none = reliability("reliability", "Right".into(), &Reliability::default());
        assert!(!none.marks.contains("NaN"));
    }
}
