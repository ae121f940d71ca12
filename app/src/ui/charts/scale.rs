//! Axes, grid lines and the hover strips.

use std::fmt::Write as _;

use super::{HEIGHT, WIDTH};

/// A vertical axis from zero to a round value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The value at the upper end.
    pub top: f64,
    /// The number of equal parts; each boundary has a grid line and a tick.
    pub parts: u32,
}

impl Axis {
    /// Returns the shortest axis for counts up to `most`: three to five parts of one to five units, tens, hundreds and so on.
    pub fn counts(most: u64) -> Self {
        let mut power = 1;
        loop {
            let axes = (1..=5_u64)
                .flat_map(|step| (3..=5_u32).map(move |parts| (step * u64::from(parts) * power, parts)));
            if let Some((top, parts)) = axes.filter(|(top, _)| *top >= most).min() {
                return Self { top: top as f64, parts };
            }
            power *= 10;
        }
    }

    /// Like [`Self::counts`], for shares up to `most`, in whole percents up to 100 %.
    pub fn shares(most: f64) -> Self {
        match Self::counts((most * 100.0).ceil() as u64) {
            Self { top, parts } if top <= 100.0 => Self { top: top / 100.0, parts },
            _ => Self::WHOLE,
        }
    }

    /// An axis up to 100 %.
    pub const WHOLE: Self = Self { top: 1.0, parts: 4 };

    /// Returns the height of a value in the coordinates of the marks.
    pub fn height(self, value: f64) -> f64 {
        value / self.top * HEIGHT
    }

    /// Formats the ticks with `words`, from top to bottom.
    pub fn ticks(self, words: impl Fn(f64) -> String) -> Vec<String> {
        (0..=self.parts).rev().map(|part| words(self.top * f64::from(part) / f64::from(self.parts))).collect()
    }

    /// Draws the grid. Keeps the outermost lines slightly inside the plot, which would otherwise clip them in half.
    pub fn grid(self, svg: &mut String) {
        for part in 0..=self.parts {
            let y = (HEIGHT * f64::from(part) / f64::from(self.parts)).clamp(0.3, HEIGHT - 0.3);
            let _ = write!(svg, r#"<line x1="0" x2="{WIDTH}" y1="{y:.2}" y2="{y:.2}"/>"#);
        }
    }
}

/// Draws transparent strips over the entire plot, so that the pointer is always on one. Each contains its text.
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

/// Escapes text for XML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_is_as_short_as_round_numbers_allow() {
        let ends = |most| (Axis::counts(most).top, Axis::counts(most).parts);
        assert_eq!(ends(0), (3.0, 3));
        assert_eq!(ends(54), (60.0, 3));
        assert_eq!(ends(425), (500.0, 5));
        assert_eq!(ends(1_000), (1_000.0, 5));
        assert_eq!(ends(1_201), (1_500.0, 3));
        assert_eq!(Axis::shares(0.41), Axis { top: 0.5, parts: 5 });
        assert_eq!([0.0, 0.02, 0.97, 1.0].map(|most| Axis::shares(most).top), [0.03, 0.03, 1.0, 1.0]);
        assert_eq!(Axis::counts(4).ticks(|n| n.to_string()), ["4", "3", "2", "1", "0"]);
    }

    #[test]
    fn words_in_a_chart_are_no_markup() {
        let mut svg = String::new();
        strips(&mut svg, ["<b>&\"".to_owned()].into_iter());
        assert!(svg.contains("<title>&lt;b&gt;&amp;&quot;</title>"));
    }
}
