//! Progress output on the terminal.

use std::time::{Duration, Instant};

/// Runs a step under a heading and prints its duration to stderr.
pub fn phase<T>(name: &str, work: impl FnOnce() -> T) -> T {
    eprintln!("== {name}");
    let start = Instant::now();
    let result = work();
    eprintln!("== {name}: {}", seconds(start.elapsed()));
    result
}

/// Formats a duration for people.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        whole @ 120.. => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// Formats a number of bytes for people.
pub fn kilobytes(bytes: usize) -> String {
    format!("{:.1} kB", bytes as f64 / 1000.0)
}
