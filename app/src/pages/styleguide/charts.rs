//! The charts.

use chrono::{Days, NaiveDate};
use engine::control::calibration::Reliability;
use store::reads::dashboard::BarWidth;

use super::{PieceGroup, Theme, example};
use crate::ui::charts::bars::{ChartBar, bars};
use crate::ui::charts::funnel::{FunnelStage, funnel};
use crate::ui::charts::histogram::histogram;
use crate::ui::charts::lines::{ChartLine, lines};
use crate::ui::charts::reliability::reliability;
use crate::ui::charts::spark::spark;
use crate::ui::charts::{Chart, ChartCell};

/// Renders a chart with links to the files of the corresponding dashboard chart.
fn shown(chart: &Chart) -> leptos::prelude::AnyView {
    let file = chart.name.split('-').next().unwrap_or_default().to_owned();
    chart.view(|ending| format!("/dashboard/charts/{file}.{ending}"))
}

/// Returns three weeks with their labels.
fn weeks() -> [(&'static str, NaiveDate); 3] {
    let first = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap_or_default();
    [("2 Nov", first), ("9 Nov", first + Days::new(7)), ("16 Nov", first + Days::new(14))]
}

pub fn charts() -> PieceGroup {
    let stacked = |theme: Theme| {
        let bar = |(label, day): (&str, _), is_open, counts| ChartBar {
            label: label.to_owned(),
            day,
            is_open,
            counts,
        };
        let [one, two, three] = weeks();
        let all = [
            bar(one, false, [7, 12, 9, 4, 1, 2]),
            bar(two, false, [5, 9, 12, 6, 0, 1]),
            bar(three, true, [9, 14, 8, 3, 2, 3]),
        ];
        shown(&bars(
            theme.pick("decisions-light", "decisions-dark"),
            "Decisions per week".into(),
            &all,
            BarWidth::Week,
        ))
    };
    let shares = |theme: Theme| {
        let times = weeks().map(|(label, day)| ChartCell::day(label, day));
        let line = |tone, words: &str, shares: [Option<f64>; 3]| ChartLine {
            tone,
            words: words.into(),
            shares: shares.into(),
        };
        let all = [
            line("info", "MQL→SQL", [Some(0.31), Some(0.36), Some(0.33)]),
            line("bad", "False positives", [Some(0.18), None, Some(0.12)]),
        ];
        shown(&lines(
            theme.pick("rates-light", "rates-dark"),
            "Rates by week".into(),
            (BarWidth::Week, &times),
            &all,
            2,
        ))
    };
    let stages = |theme: Theme| {
        let all = [("Decided", 420), ("Passed on", 170), ("Accepted", 120), ("Won", 22)];
        let all: Vec<FunnelStage> =
            all.into_iter().map(|(words, count)| FunnelStage { words: words.into(), count }).collect();
        shown(&funnel(theme.pick("funnel-light", "funnel-dark"), "Funnel".into(), &all))
    };
    let sure = |theme: Theme| {
        let bins = [0, 0, 1, 2, 4, 9, 17, 28, 41, 30];
        shown(&histogram(theme.pick("confidences-light", "confidences-dark"), "Confidence".into(), &bins))
    };
    let right = |theme: Theme| {
        let judged = (0..200).map(|n| (f64::from(n % 10) / 10.0 + 0.05, n / 20 < n % 10));
        shown(&reliability(
            theme.pick("reliability-light", "reliability-dark"),
            "Calibration".into(),
            &Reliability::of(judged),
        ))
    };
    let up = |_| spark(&[Some(3.0), Some(4.0), None, Some(4.5), Some(7.0)], 3);
    PieceGroup {
        name: "Charts",
        about: "Bars and lines; axes and legend in HTML, a sentence and a table beside, files to download",
        examples: vec![
            example("Stacked bars", stacked),
            example("Lines", shares),
            example("Funnel", stages),
            example("Histogram", sure),
            example("Reliability", right),
            example("Spark", up),
        ],
    }
}
