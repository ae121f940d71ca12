//! Axes, the grid behind marks, and the strips that the pointer is on.

use std::fmt::Write as _;

use super::{HEIGHT, WIDTH};

/// A vertical axis from nothing up to a round value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// The value at its upper end.
    pub top: f64,
    /// How many even parts it has; a line of the grid and a tick stand at each end of one.
    pub parts: u32,
}

impl Axis {
    /// The shortest axis for counts up to `most`: three to five parts of one to five units, tens, hundreds and so on.
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

    /// The same for shares up to `most`, in whole percents and up to all of it.
    pub fn shares(most: f64) -> Self {
        match Self::counts((most * 100.0).ceil() as u64) {
            Self { top, parts } if top <= 100.0 => Self { top: top / 100.0, parts },
            _ => Self::WHOLE,
        }
    }

    /// Up to all of it.
    pub const WHOLE: Self = Self { top: 1.0, parts: 4 };

    /// How high above the ground a value stands, in the units of the field of marks.
    pub fn height(self, value: f64) -> f64 {
        value / self.top * HEIGHT
    }

    /// From top to bottom, written by `words`.
    pub fn ticks(self, words: impl Fn(f64) -> String) -> Vec<String> {
        (0..=self.parts).rev().map(|part| words(self.top * f64::from(part) / f64::from(self.parts))).collect()
    }

    /// The grid. Its outermost lines stand a hair within the field, which would cut them in half.
    pub fn grid(self, svg: &mut String) {
        for part in 0..=self.parts {
            let y = (HEIGHT * f64::from(part) / f64::from(self.parts)).clamp(0.3, HEIGHT - 0.3);
            let _ = write!(svg, r#"<line x1="0" x2="{WIDTH}" y1="{y:.2}" y2="{y:.2}"/>"#);
        }
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
