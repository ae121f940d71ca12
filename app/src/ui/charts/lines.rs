//! Shares over time as lines.

use std::fmt::Write as _;

use store::reads::dashboard::BarWidth;

use super::scale::{Axis, strips};
use super::{
    Chart, ChartCell, ChartTable, LegendEntry, WIDTH, period_head, share_head, share_words, summary_of,
    thinned,
};
use crate::texts::texts;
use crate::ui::{number, series};

/// A line: its colour, its label and its share in each period, if known.
#[derive(Clone, Debug)]
pub struct ChartLine {
    pub tone: &'static str,
    pub words: String,
    pub shares: Vec<Option<f64>>,
}

/// Builds the chart; `times` are the periods with their first days, and `step` is their length. Values from index `young` on are
/// dashed, because outcomes are still coming in.
pub fn lines(
    name: &'static str,
    title: String,
    (step, times): (BarWidth, &[ChartCell]),
    lines: &[ChartLine],
    young: usize,
) -> Chart {
    let most =
        lines.iter().flat_map(|line| &line.shares).flatten().fold(0.0_f64, |most, share| most.max(*share));
    let axis = Axis::shares(most);
    let mut marks = String::new();
    axis.grid(&mut marks);
    for line in lines {
        draw(&mut marks, line, axis, young);
    }
    let said = |i: usize| {
        let parts = lines.iter().map(|line| {
            let share = line.shares.get(i).copied().flatten();
            texts().charts_line_value(&line.words, share_words(share))
        });
        let period = times.get(i).map_or("", |time| time.shown.as_str());
        texts().charts_line_period(period, series::list(parts))
    };
    strips(&mut marks, (0..times.len()).map(said));
    let row = |(i, time): (usize, &ChartCell)| {
        let shares = lines.iter().map(|line| ChartCell::share(line.shares.get(i).copied().flatten()));
        [time.clone()].into_iter().chain(shares).collect()
    };
    Chart {
        name,
        summary: summary(&title, times, said),
        title,
        legend: lines
            .iter()
            .map(|line| LegendEntry { tone: line.tone, words: line.words.clone(), value: None })
            .collect(),
        unit: texts().charts_share(),
        ticks: axis.ticks(|share| texts().number_percent(number::decimal(share * 100.0, 1))),
        labels: thinned(times.iter().map(|time| time.shown.clone())),
        is_over_time: true,
        is_scale: false,
        along: None,
        marks,
        table: ChartTable {
            caption: texts().charts_shares_caption(),
            heads: [period_head(step)]
                .into_iter()
                .chain(lines.iter().map(|line| share_head(line.words.clone())))
                .collect(),
            rows: times.iter().enumerate().map(row).collect(),
        },
    }
}

fn summary(title: &str, times: &[ChartCell], said: impl Fn(usize) -> String) -> String {
    let ends: Vec<String> = match times.len() {
        0 => Vec::new(),
        1 => vec![said(0)],
        n => vec![said(0), said(n - 1)],
    };
    summary_of(title, &ends)
}

/// Draws a line that skips missing values. An isolated value is a dot.
fn draw(svg: &mut String, line: &ChartLine, axis: Axis, young: usize) {
    let step = WIDTH / line.shares.len().max(1) as f64;
    let known = line.shares.iter().enumerate().filter_map(|(i, share)| Some((i, (*share)?)));
    let at = |i: usize, share: f64| (step * (i as f64 + 0.5), 100.0 - axis.height(share));
    let mut before = None;
    for (i, share) in known {
        let (x, y) = at(i, share);
        if let Some((from_x, from_y)) = before {
            let class = if i >= young { "curve young" } else { "curve" };
            let _ = write!(
                svg,
                r#"<line class="{class}" data-a="{}" x1="{from_x:.2}" y1="{from_y:.2}" x2="{x:.2}" y2="{y:.2}"/>"#,
                line.tone
            );
        }
        let _ = write!(
            svg,
            r#"<line class="point" data-a="{}" x1="{x:.2}" x2="{x:.2}" y1="{y:.2}" y2="{y:.2}"/>"#,
            line.tone
        );
        before = Some((x, y));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_over_what_is_not_there() {
        let times = ["a", "b", "c"].map(ChartCell::text);
        let line =
            ChartLine { tone: "info", words: "MQL→SQL".into(), shares: vec![Some(0.1), None, Some(0.3)] };
        let chart = lines("rates", "Rates".into(), (BarWidth::Week, &times), &[line], 2);
        assert_eq!(chart.marks.matches("curve young").count(), 1);
        assert_eq!(chart.marks.matches("class=\"point\"").count(), 2);
        assert_eq!(chart.summary, "Rates. a: MQL→SQL 10.0\u{a0}%; c: MQL→SQL 30.0\u{a0}%.");
        assert_eq!(chart.table.rows[1][1].shown, "n/a");
        assert!(!lines("rates", "Rates".into(), (BarWidth::Week, &[]), &[], 0).marks.contains("NaN"));
    }
}
