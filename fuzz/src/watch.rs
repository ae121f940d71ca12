//! Measures processor time, which does not advance while the process is suspended: how long the slowest input
//! took, and when to stop. Both are reported on stderr, since libFuzzer measures only wall-clock time, in whole
//! seconds.

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use rustix::time::{ClockId, clock_gettime};

/// Slower inputs are reported.
const NOTABLE: Duration = Duration::from_millis(1);

/// The interval between reports of the time used.
const RHYTHM: Duration = Duration::from_secs(5);

/// The number of seconds after which to stop, if set.
static LIMIT: LazyLock<Duration> = LazyLock::new(|| {
    let given = std::env::var("FUZZ_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    given.map_or(Duration::MAX, Duration::from_secs)
});

thread_local! {
    static SLOWEST: Cell<Duration> = const { Cell::new(NOTABLE) };
    static NEXT: Cell<Duration> = const { Cell::new(RHYTHM) };
}

/// Runs the target.
pub fn timed(bytes: &[u8], run: fn(&[u8])) {
    let start = processor_time();
    run(bytes);
    let now = processor_time();
    let took = now.saturating_sub(start);
    if took > SLOWEST.get() {
        SLOWEST.set(took);
        eprintln!("slowest: {} us, {} bytes", took.as_micros(), bytes.len());
    }
    if now >= NEXT.get() || now >= *LIMIT {
        NEXT.set(now + RHYTHM);
        eprintln!("used: {} ms", now.as_millis());
    }
    if now >= *LIMIT {
        // This signal asks libFuzzer to stop; if it fails, the next input tries again.
        let _ = kill_process(getpid(), Signal::USR1);
    }
}

/// Returns the processor time. Fuzzing uses a single thread.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}
