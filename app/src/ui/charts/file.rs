//! Charts as files: the table as CSV, and a self-contained SVG.

use std::fmt::Write as _;

use super::Chart;
use super::scale::escaped;
use crate::csv_file;
use crate::texts::texts;

/// Colours of the light theme by token, because a file cannot follow the page's theme, and few programs know `oklch()`. A test
/// compares them with `style/tokens.css`.
const COLOURS: [(&str, &str); 12] = [
    ("ink", "#191d27"),
    ("ink-2", "#494d57"),
    ("ink-3", "#646771"),
    ("line", "#e5e6e9"),
    ("line-control", "#8f929a"),
    ("accent", "#494fcc"),
    ("canvas", "#ffffff"),
    ("assign-mark", "#228bdb"),
    ("advance-mark", "#2e9e5c"),
    ("nurture-mark", "#399c9b"),
    ("hold-mark", "#c3801f"),
    ("disqualify-mark", "#e94646"),
];

/// Rules of the file; `$name` stands for a colour of [`COLOURS`].
const STYLE: &str = include_str!("file.css");

/// Position and size of the plot within the SVG.
const LEFT: f64 = 80.0;
const TOP: f64 = 116.0;
const FIELD: (f64, f64) = (860.0, 300.0);
const SIZE: (f64, f64) = (980.0, 476.0);
/// Position of the first entry of the legend, and the average width of a character at its size.
const LEGEND: (f64, f64) = (12.0, 74.0);
const CHARACTER: f64 = 6.6;

impl Chart {
    /// Writes the table as CSV, periods in order.
    ///
    /// # Errors
    /// Returns an error if the rows differ in length.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let rows = self.table.rows.iter().map(|row| row.iter().map(|cell| cell.plain.clone()).collect());
        let heads = self.table.heads.iter().map(|head| head.plain.clone()).collect();
        csv_file::to_csv([heads].into_iter().chain(rows))
    }

    /// Writes the SVG with title, legend and axes. `context` says which period and workflow it shows.
    pub fn svg(&self, context: &str) -> String {
        let ((width, height), (wide, high)) = (SIZE, FIELD);
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"><title>{}</title><style>{}</style><rect width="{width}" height="{height}" fill="{}"/><text class="t" x="12" y="26">{}</text><text x="12" y="46">{}</text><text class="q" x="12" y="{:.0}">{}</text>"#,
            escaped(&self.summary),
            style(),
            colour("canvas"),
            escaped(&self.title),
            escaped(context),
            TOP - 14.0,
            escaped(&self.unit),
        );
        self.legend(&mut svg);
        for (i, tick) in self.ticks.iter().enumerate() {
            let y = TOP + high * i as f64 / self.ticks.len().saturating_sub(1).max(1) as f64 + 4.0;
            let _ = write!(
                svg,
                r#"<text x="{:.0}" y="{y:.0}" text-anchor="end">{}</text>"#,
                LEFT - 8.0,
                escaped(tick)
            );
        }
        let steps =
            if self.is_scale { self.labels.len().saturating_sub(1) } else { self.labels.len() }.max(1) as f64;
        for (i, label) in self.labels.iter().enumerate().filter(|(_, label)| !label.is_empty()) {
            let place = if self.is_scale { i as f64 } else { i as f64 + 0.5 };
            let (x, y) = (LEFT + wide * place / steps, TOP + high + 18.0);
            let _ =
                write!(svg, r#"<text x="{x:.0}" y="{y:.0}" text-anchor="middle">{}</text>"#, escaped(label));
        }
        if let Some(along) = &self.along {
            let (x, y) = (LEFT + wide / 2.0, TOP + high + 38.0);
            let _ =
                write!(svg, r#"<text x="{x:.0}" y="{y:.0}" text-anchor="middle">{}</text>"#, escaped(along));
        }
        let _ = write!(
            svg,
            r#"<svg x="{LEFT}" y="{TOP}" width="{wide}" height="{high}" viewBox="0 0 1000 100" preserveAspectRatio="none">{}</svg></svg>"#,
            self.marks
        );
        svg
    }

    /// Writes the legend in one line.
    fn legend(&self, svg: &mut String) {
        let (mut x, y) = LEGEND;
        for key in &self.legend {
            let words = key
                .value
                .as_ref()
                .map_or_else(|| key.words.clone(), |value| texts().charts_legend(&key.words, value));
            let _ = write!(
                svg,
                r#"<rect data-a="{}" x="{x:.0}" y="{:.0}" width="9" height="9" rx="2"/><text x="{:.0}" y="{y:.0}">{}</text>"#,
                key.tone,
                y - 9.0,
                x + 15.0,
                escaped(&words)
            );
            x += 15.0 + words.chars().count() as f64 * CHARACTER + 20.0;
        }
    }
}

fn colour(token: &str) -> &'static str {
    COLOURS.iter().find(|(known, _)| *known == token).map_or("#000000", |(_, colour)| colour)
}

/// Returns the rules with their colours. Longer tokens come first, since some begin like others.
fn style() -> String {
    let mut tokens = COLOURS;
    tokens.sort_by_key(|(token, _)| std::cmp::Reverse(token.len()));
    tokens.iter().fold(STYLE.to_owned(), |style, (token, colour)| style.replace(&format!("${token}"), colour))
}

#[cfg(test)]
mod tests {
    use super::super::bars::{ChartBar, bars};
    use super::super::funnel::{FunnelStage, funnel};
    use super::super::histogram::histogram;
    use store::reads::dashboard::BarWidth;

    use super::*;

    #[test]
    fn a_picture_stands_alone_and_is_one_piece_of_xml() {
        let chart = histogram("sure", "How <sure>".into(), &[1, 2, 3, 4]);
        let svg = chart.svg("Last 12 weeks, <all> workflows");
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg></svg>"));
        assert!(svg.contains("How &lt;sure&gt;") && svg.contains(">Confidence<"));
        assert!(svg.contains(">Last 12 weeks, &lt;all&gt; workflows<"));
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
        assert!(!svg.contains('$'), "every colour is known");
    }

    #[test]
    fn a_picture_has_its_legend() {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 10).unwrap();
        let bar = ChartBar { label: "10 Nov".into(), day, is_open: false, counts: [38, 0, 0, 2, 0, 0] };
        let svg = bars("decisions", "Decisions per day".into(), &[bar], BarWidth::Day).svg("7 days");
        assert!(
            svg.contains(">Assign 38</text>") && svg.contains(">Hold 2</text>") && !svg.contains(">Nurture")
        );
        assert!(svg.contains(r#"<rect data-a="assign" x="12""#));
    }

    #[test]
    fn the_table_is_written_in_plain_figures() {
        let stages = [
            FunnelStage { words: "Decided".into(), count: 1_200 },
            FunnelStage { words: "Won".into(), count: 12 },
        ];
        let csv = funnel("funnel", "Funnel".into(), &stages).csv().unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "Stage,Leads,\"Of previous stage (share, 0 to 1)\",\"Of all (share, 0 to 1)\"\r\nDecided,1200,,1.0000\r\nWon,12,0.0100,0.0100\r\n"
        );
    }

    /// Converts an OKLCH colour to sRGB in hexadecimal digits (CSS Color Module Level 4, §18.1).
    fn srgb(lightness: f64, chroma: f64, hue: f64) -> String {
        let (a, b) = (chroma * hue.to_radians().cos(), chroma * hue.to_radians().sin());
        let cube = |x: f64| x * x * x;
        let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
        let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
        let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548 * b);
        let linear = [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701 * s,
        ];
        let byte = |c: f64| {
            let c = c.clamp(0.0, 1.0);
            let encoded = if c <= 0.003_130_8 { 12.92 * c } else { 1.055 * c.powf(1.0 / 2.4) - 0.055 };
            format!("{:02x}", (encoded * 255.0).round() as u8)
        };
        format!("#{}", linear.map(byte).concat())
    }

    #[test]
    fn a_picture_has_the_hues_of_the_page() {
        let css = include_str!("../../../../style/tokens.css");
        for (token, known) in COLOURS {
            let (_, rest) = css.split_once(&format!("--{token}: ")).unwrap();
            let (_, rest) = rest.split_once("oklch(").unwrap();
            let parts: Vec<f64> =
                rest.split(')').next().unwrap().split(' ').map(|part| part.parse().unwrap()).collect();
            assert_eq!(srgb(parts[0], parts[1], parts[2]), known, "{token}");
        }
    }
}
