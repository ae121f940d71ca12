//! Processor time, which stands still where the process is stopped: how long the slowest input took, and when to end. Both
//! are told on stderr, since libFuzzer knows the clock on the wall alone, in whole seconds.

use std::cell::Cell;
use std::sync::LazyLock;
use std::time::Duration;

use rustix::process::{Signal, getpid, kill_process};
use rustix::time::{ClockId, clock_gettime};

/// Slower inputs are told.
const NOTABLE: Duration = Duration::from_millis(1);

/// How often it is told how much was used.
const RHYTHM: Duration = Duration::from_secs(5);

/// The seconds after which to end, where some are given.
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
        // libFuzzer's sign to end; should it fail, the next input asks again.
        let _ = kill_process(getpid(), Signal::USR1);
    }
}

/// All that fuzzing does happens in one thread.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap_or_default()
}
