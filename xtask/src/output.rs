//! How progress looks on the terminal.

use std::time::{Duration, Instant};

/// Does a piece of work under a heading and says how long it took, on stderr.
pub fn phase<T>(name: &str, work: impl FnOnce() -> T) -> T {
    eprintln!("== {name}");
    let start = Instant::now();
    let result = work();
    eprintln!("== {name}: {}", seconds(start.elapsed()));
    result
}

/// A duration as people read it.
pub fn seconds(time: Duration) -> String {
    match time.as_secs() {
        whole @ 120.. => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// A number of bytes as people read it.
pub fn kilobytes(bytes: usize) -> String {
    format!("{:.1} kB", bytes as f64 / 1000.0)
}
