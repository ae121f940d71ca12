//! Sparklines: the trend of a few weeks, without axes.

use std::fmt::Write as _;

use leptos::prelude::*;

/// Size of the drawing.
const HEIGHT: f64 = 32.0;
const WIDTH: f64 = 100.0;

/// Draws a line through the known values. The part from index `young` on is dashed, because outcomes are still coming in.
/// Returns `None` for fewer than two values.
pub fn spark(values: &[Option<f64>], young: usize) -> Option<impl IntoView + use<>> {
    let known: Vec<(usize, f64)> =
        values.iter().enumerate().filter_map(|(i, value)| Some((i, (*value)?))).collect();
    if known.len() < 2 {
        return None;
    }
    let (low, high) = known
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, v)| (low.min(*v), high.max(*v)));
    let x = |i: usize| i as f64 / (values.len() - 1) as f64 * WIDTH;
    let y = |v: f64| if high > low { 3.0 + (high - v) / (high - low) * (HEIGHT - 6.0) } else { HEIGHT / 2.0 };
    let path = |points: &[(usize, f64)]| {
        let mut path = String::new();
        for (n, (i, v)) in points.iter().enumerate() {
            let _ = write!(path, "{}{:.1} {:.1}", if n == 0 { 'M' } else { 'L' }, x(*i), y(*v));
        }
        path
    };
    let split = known.iter().position(|(i, _)| *i >= young).unwrap_or(known.len());
    let (first, last) = (x(known[0].0), x(known[known.len() - 1].0));
    let area = format!("{}L{last:.1},{HEIGHT}L{first:.1},{HEIGHT}Z", path(&known));
    let sure = (split > 0).then(|| path(&known[..split]));
    let open = (split < known.len()).then(|| path(&known[split.saturating_sub(1)..]));
    Some(view! {
        <svg class="spark" viewBox="0 0 100 32" preserveAspectRatio="none" aria-hidden="true">
            <path class="area" d=area></path>
            {sure.map(|d| view! { <path d=d></path> })}
            {open.map(|d| view! { <path class="young" d=d></path> })}
        </svg>
    })
}
