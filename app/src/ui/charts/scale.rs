//! Axes, the grid behind marks, and the strips that the pointer is on.

use std::fmt::Write as _;

use super::{HEIGHT, WIDTH};

/// Lines of the grid, which are the ticks of the axis.
pub const LINES: usize = 5;

/// The least round number at or above `most` that four parts divide evenly.
pub fn nice_top(most: u64) -> u64 {
    let mut power = 1;
    loop {
        for step in [1, 2, 3, 5, 10] {
            let top = 4 * step * power;
            if top >= most {
                return top;
            }
        }
        power *= 10;
    }
}

/// The least round share at or above `most`, of which four parts are whole percents or halves.
pub fn nice_share(most: f64) -> f64 {
    [0.02, 0.04, 0.08, 0.1, 0.2, 0.4, 0.6, 0.8].into_iter().find(|top| *top >= most).unwrap_or(1.0)
}

/// From top to bottom, five values from `top` to nothing, written by `words`.
pub fn ticks(top: f64, words: impl Fn(f64) -> String) -> Vec<String> {
    (0..LINES).rev().map(|part| words(top * part as f64 / (LINES - 1) as f64)).collect()
}

/// The grid.
pub fn grid(svg: &mut String) {
    for y in [0.3, 25.0, 50.0, 75.0, 99.7] {
        let _ = write!(svg, r#"<line x1="0" x2="1000" y1="{y}" y2="{y}"/>"#);
    }
}

/// Strips over everything, so that the pointer is on one wherever it is; each says its words.
pub fn strips(svg: &mut String, words: impl ExactSizeIterator<Item = String>) {
    let step = WIDTH / words.len().max(1) as f64;
    for (i, words) in words.enumerate() {
        let left = step * i as f64;
        let _ = write!(
            svg,
            r#"<rect class="hit" data-hit="{i}" x="{left:.2}" width="{step:.2}" height="{HEIGHT}"><title>{}</title></rect>"#,
            escaped(&words)
        );
    }
}

/// Text as it may stand in XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_on_a_round_number() {
        assert_eq!([0, 4, 5, 9, 13, 21, 341, 1_000].map(nice_top), [4, 4, 8, 12, 20, 40, 400, 1_200]);
        assert_eq!([0.0, 0.03, 0.3, 0.81, 1.0].map(nice_share), [0.02, 0.04, 0.4, 1.0, 1.0]);
        assert_eq!(ticks(4.0, |n| n.to_string()), ["4", "3", "2", "1", "0"]);
    }

    #[test]
    fn words_in_a_chart_are_no_markup() {
        let mut svg = String::new();
        strips(&mut svg, ["<b>&\"".to_owned()].into_iter());
        assert!(svg.contains("<title>&lt;b&gt;&amp;&quot;</title>"));
    }
}
