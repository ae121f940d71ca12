//! The charts.

use engine::control::calibration::Reliability;

use super::{PieceGroup, Theme, example};
use crate::ui::charts::Chart;
use crate::ui::charts::bars::{ChartBar, bars};
use crate::ui::charts::funnel::{FunnelStage, funnel};
use crate::ui::charts::histogram::histogram;
use crate::ui::charts::lines::{ChartLine, lines};
use crate::ui::charts::reliability::reliability;
use crate::ui::charts::spark::spark;

/// Renders a chart with links to the files of the corresponding dashboard chart.
fn shown(chart: &Chart) -> leptos::prelude::AnyView {
    let file = chart.name.split('-').next().unwrap_or_default().to_owned();
    chart.view(|ending| format!("/dashboard/charts/{file}.{ending}"))
}

pub fn charts() -> PieceGroup {
    let stacked = |theme: Theme| {
        let bar = |label: &str, counts| ChartBar { label: label.to_owned(), counts };
        let all = [
            bar("2 Nov", [7, 12, 9, 4, 1, 2]),
            bar("9 Nov", [5, 9, 12, 6, 0, 1]),
            bar("16 Nov", [9, 14, 8, 3, 2, 3]),
        ];
        shown(&bars(
            theme.pick("decisions-light", "decisions-dark"),
            "Decisions a week".into(),
            &all,
            "a week",
        ))
    };
    let shares = |theme: Theme| {
        let times: Vec<String> = ["2 Nov", "9 Nov", "16 Nov"].map(str::to_owned).into();
        let line = |tone, words, shares: [Option<f64>; 3]| ChartLine { tone, words, shares: shares.into() };
        let all = [
            line("info", "MQL→SQL", [Some(0.31), Some(0.36), Some(0.33)]),
            line("bad", "False positives", [Some(0.18), None, Some(0.12)]),
        ];
        shown(&lines(theme.pick("rates-light", "rates-dark"), "Shares week by week".into(), &times, &all, 2))
    };
    let stages = |theme: Theme| {
        let all = [("Decided", 420), ("Passed on", 170), ("Accepted", 120), ("Won", 22)];
        let all: Vec<FunnelStage> =
            all.into_iter().map(|(words, count)| FunnelStage { words, count }).collect();
        shown(&funnel(theme.pick("funnel-light", "funnel-dark"), "Funnel".into(), &all))
    };
    let sure = |theme: Theme| {
        let bins = [0, 0, 1, 2, 4, 9, 17, 28, 41, 30];
        shown(&histogram(
            theme.pick("confidences-light", "confidences-dark"),
            "How sure decisions are".into(),
            &bins,
            "Leads",
        ))
    };
    let right = |theme: Theme| {
        let judged = (0..200).map(|n| (f64::from(n % 10) / 10.0 + 0.05, n / 20 < n % 10));
        shown(&reliability(
            theme.pick("reliability-light", "reliability-dark"),
            "How right sure decisions are".into(),
            &Reliability::of(judged),
        ))
    };
    let up = |_| spark(&[Some(3.0), Some(4.0), None, Some(4.5), Some(7.0)], 3);
    PieceGroup {
        name: "Charts",
        about: "Bars and lines; axes and legend in HTML, a sentence and a table beside, files to take away",
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
