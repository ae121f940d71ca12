//! Charts as files: the table as CSV, and a self-contained SVG.

use std::fmt::Write as _;

use super::Chart;
use super::scale::escaped;
use crate::csv_file;

/// The light theme's colours from `style/tokens.css`, because a file cannot follow the page's theme.
const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#4a4d57}.t{font-size:15px;font-weight:600;fill:#1b1d23}\
line{stroke:#dfe1e6;vector-effect:non-scaling-stroke}.hit{fill:none}.even{stroke:#8b8f9a;stroke-dasharray:2 3}\
.curve{stroke-width:1.5}.young{stroke-dasharray:2 3}.point{stroke-width:6;stroke-linecap:round}\
.curve,.point,.spread{stroke:#4f46e5}[data-a=bad].curve,[data-a=bad].point{stroke:#d14343}\
[data-a=assign]{fill:#3b82f6}[data-a=advance]{fill:#22a06b}[data-a=nurture]{fill:#14b8a6}[data-a=hold]{fill:#d99a1c}\
[data-a=escalate]{fill:#6b7080}[data-a=disqualify],[data-a=bad]{fill:#d14343}[data-a=info]{fill:#4f46e5}[data-a=left]{fill:#e6e7fb}";

/// Position and size of the plot within the SVG.
const LEFT: f64 = 80.0;
const TOP: f64 = 60.0;
const FIELD: (f64, f64) = (860.0, 300.0);
const SIZE: (f64, f64) = (980.0, 420.0);

impl Chart {
    /// Writes the table as CSV.
    ///
    /// # Errors
    /// Returns an error if the rows differ in length.
    pub fn csv(&self) -> Result<Vec<u8>, csv::Error> {
        let rows = self.table.rows.iter().map(|row| row.iter().map(|cell| cell.plain.clone()).collect());
        csv_file::to_csv([self.table.heads.clone()].into_iter().chain(rows))
    }

    /// Writes the SVG with its axes and its summary.
    pub fn svg(&self) -> String {
        let ((width, height), (wide, high)) = (SIZE, FIELD);
        let mut svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"><title>{}</title><style>{STYLE}</style><text class="t" x="12" y="26">{}</text><text x="12" y="46">{}</text>"#,
            escaped(&self.summary),
            escaped(&self.title),
            escaped(self.unit),
        );
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
        for (i, label) in self.labels.iter().enumerate() {
            let place = if self.is_scale { i as f64 } else { i as f64 + 0.5 };
            let (x, y) = (LEFT + wide * place / steps, TOP + high + 18.0);
            let _ =
                write!(svg, r#"<text x="{x:.0}" y="{y:.0}" text-anchor="middle">{}</text>"#, escaped(label));
        }
        if let Some(along) = self.along {
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
}

#[cfg(test)]
mod tests {
    use super::super::funnel::{FunnelStage, funnel};
    use super::super::histogram::histogram;

    #[test]
    fn a_picture_stands_alone_and_is_one_piece_of_xml() {
        let chart = histogram("sure", "How <sure>".into(), &[1, 2, 3, 4], "Leads");
        let svg = chart.svg();
        assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg></svg>"));
        assert!(svg.contains("How &lt;sure&gt;") && svg.contains(">Confidence<"));
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }

    #[test]
    fn the_table_is_written_in_plain_figures() {
        let stages =
            [FunnelStage { words: "Decided", count: 1_200 }, FunnelStage { words: "Won", count: 12 }];
        let csv = funnel("funnel", "Funnel".into(), &stages).csv().unwrap();
        assert_eq!(
            String::from_utf8(csv).unwrap(),
            "Stage,Leads,Of those before,Of all\r\nDecided,1200,,1.0000\r\nWon,12,0.0100,0.0100\r\n"
        );
    }
}
