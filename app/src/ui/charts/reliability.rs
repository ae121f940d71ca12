//! Reliability curves: how often decisions were right against their confidence. On the dotted line both are equal.

use std::fmt::Write as _;

use engine::control::calibration::{BINS, CalibrationBin, ENOUGH, Reliability};

use super::interval::wilson;
use super::scale::{Axis, strips};
use super::{Chart, ChartCell, ChartTable, LegendEntry, WIDTH, share_head};
use crate::ui::number;

/// Builds the chart.
pub fn reliability(name: &'static str, title: String, told: &Reliability) -> Chart {
    let mut marks = String::new();
    Axis::WHOLE.grid(&mut marks);
    marks.push_str(r#"<line class="even" x1="0" y1="100" x2="1000" y2="0"/>"#);
    let points: Vec<(f64, f64, &CalibrationBin)> = told
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
    strips(&mut marks, told.bins.iter().enumerate().map(|(i, bin)| words(i, bin)));
    let error = match told.error() {
        Some(error) => number::percent(error),
        None => "n/a".into(),
    };
    let judged = number::plural(told.judged(), "judged decision", "judged decisions");
    let few = if told.error().is_none() {
        format!("; at least {ENOUGH} judged decisions needed")
    } else {
        String::new()
    };
    Chart {
        name,
        summary: format!("{title}, {judged}. Expected calibration error {error}{few}."),
        title,
        legend: vec![
            LegendEntry { tone: "info", words: "Correct, with 95\u{a0}% interval".into(), value: None },
            LegendEntry { tone: "even", words: "Perfect calibration".into(), value: None },
        ],
        unit: "Correct",
        ticks: Axis::WHOLE.ticks(|share| format!("{}\u{a0}%", number::decimal(share * 100.0, 0))),
        labels: ["0", "0.25", "0.50", "0.75", "1"].map(str::to_owned).into(),
        is_over_time: false,
        is_scale: true,
        along: Some("Confidence"),
        marks,
        table: table(told),
    }
}

fn stretch(i: usize) -> String {
    format!("{:.1}\u{a0}to\u{a0}{:.1}", i as f64 / BINS as f64, (i + 1) as f64 / BINS as f64)
}

fn words(i: usize, bin: &CalibrationBin) -> String {
    match bin.confidence().zip(bin.accuracy()) {
        Some((sure, right)) => format!(
            "{}: {} of {} correct, {}; mean confidence {}",
            stretch(i),
            number::count(bin.right),
            number::count(bin.count),
            number::percent(right),
            number::percent(sure)
        ),
        None => format!("{}: none judged", stretch(i)),
    }
}

fn table(told: &Reliability) -> ChartTable {
    let row = |(i, bin): (usize, &CalibrationBin)| {
        let interval = wilson(bin.right, bin.count).map_or_else(String::new, |(low, high)| {
            format!("{}–{}\u{a0}%", number::decimal(low * 100.0, 0), number::decimal(high * 100.0, 0))
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
        caption: "Correct decisions by confidence".into(),
        heads: vec![
            ChartCell::text("Confidence"),
            ChartCell::named("Judged", "Judged (decisions)"),
            share_head("Mean confidence"),
            share_head("Correct"),
            ChartCell::text("95 % interval"),
        ],
        rows: told.bins.iter().enumerate().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_says_its_error_or_that_there_are_too_few() {
        let few = reliability("reliability", "Right".into(), &Reliability::of([(0.9, true)]));
        assert!(few.summary.contains("1\u{a0}judged decision. Expected calibration error n/a; at least 50"));
        assert_eq!(few.marks.matches("class=\"point\"").count(), 1);
        let many =
            reliability("reliability", "Right".into(), &Reliability::of((0..100).map(|n| (0.9, n < 75))));
        assert!(many.summary.contains("error 15.0\u{a0}%"), "{}", many.summary);
        assert_eq!(many.table.rows[9][1].plain, "100");
        let none = reliability("reliability", "Right".into(), &Reliability::default());
        assert!(!none.marks.contains("NaN"));
    }
}
