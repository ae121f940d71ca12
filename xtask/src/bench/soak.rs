//! `cargo xtask bench soak`: checks that memory stays constant under sustained load.

use std::process::ExitCode;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::events::Mix;
use super::load::{self, Plan};
use super::stand::{Serving, Stand};
use super::{Figures, machine};
use crate::postgres;
use crate::workspace::Workspace;

/// The number of connections of the load.
const CONNECTIONS: usize = 64;
/// The interval between memory samples.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
/// How long the full load is measured; the soak then runs at half of it.
const MEASURE: Duration = Duration::from_secs(10);
/// The database that receives events.
const DATABASE: &str = "soak";

/// Options of the measurement.
#[derive(Debug, clap::Args)]
pub struct SoakOptions {
    /// Minutes of load.
    #[arg(long, default_value_t = 30.0)]
    minutes: f64,
    /// Percentage of events that lead to an assignment.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(..=100))]
    assigned: u64,
}

/// Runs the measurement.
///
/// # Errors
/// Returns an error if the environment cannot be set up or no event is accepted.
pub fn run(options: &SoakOptions) -> Result<ExitCode> {
    let (minutes, mix) = (options.minutes, Mix { assigned_percent: options.assigned });
    ensure!(minutes > 0.0, "--minutes must be greater than 0");
    let stand = Stand::set_up(&Workspace::find()?, &postgres::BENCH)?;
    stand.database(DATABASE)?;
    let serving = Serving::start(&stand, DATABASE)?;
    let next = AtomicU64::new(0);
    let plan = |time: Duration, pace: Option<f64>| Plan {
        address: serving.address,
        key: &serving.key,
        connections: CONNECTIONS,
        events: 1,
        time,
        pace,
        mix,
    };
    let full = load::run(&plan(MEASURE, None), &next)?;
    let pace = full.per_s() / 2.0;
    let rss_start_mb = machine::rss_mb(serving.pid())?;
    eprintln!(
        "   full load {:.0}/s; running half of it for {minutes} min; {rss_start_mb:.1} MB resident",
        full.per_s()
    );

    let time = Duration::from_secs_f64(minutes * 60.0);
    let (report, samples) = std::thread::scope(|scope| {
        let sampling = scope.spawn(|| samples(serving.pid(), time));
        let report = load::run(&plan(time, Some(pace)), &next);
        (report, sampling.join().unwrap_or_default())
    });
    let report = report?;
    let rss_end_mb = machine::rss_mb(serving.pid())?;
    let mut figures = Figures::default();
    figures.add("minutes", "minutes", Ok(minutes));
    figures.add("per_s", "events per second", Ok(report.per_s()));
    figures.add("rss_start_mb", "resident memory at the start, MB", Ok(rss_start_mb));
    figures.add("rss_end_mb", "resident memory at the end, MB", Ok(rss_end_mb));
    let second_half = &samples[samples.len() / 2..];
    figures.add(
        "slope_mb_per_hour",
        "growth of resident memory in the second half, MB per hour",
        slope(second_half).map(|s| s * 3600.0),
    );
    figures.add("slowest_ms", "slowest answer, ms", Ok(report.quantile_ms(1.0)));
    figures.add("errors", "errors", Ok(report.errors as f64));
    if let Some(complaint) = report.complaint {
        println!("the first error: {complaint}");
    }
    figures.print();
    stand.cluster.drop_database(DATABASE)?;
    Ok(ExitCode::SUCCESS)
}

/// Samples the resident memory until the time is over. Returns pairs of seconds and MB.
fn samples(pid: u32, time: Duration) -> Vec<(f64, f64)> {
    let start = Instant::now();
    let mut samples = Vec::new();
    while start.elapsed() < time {
        if let Ok(rss_mb) = machine::rss_mb(pid) {
            samples.push((start.elapsed().as_secs_f64(), rss_mb));
        }
        std::thread::sleep(SAMPLE_EVERY.min(time.saturating_sub(start.elapsed())));
    }
    samples
}

/// Returns the slope of the least-squares line.
fn slope(samples: &[(f64, f64)]) -> Result<f64> {
    ensure!(samples.len() >= 3, "too few samples to compute a slope");
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (mean_x, mean_y) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let covariance: f64 = samples.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = samples.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    Ok(covariance / variance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_on_a_line_have_its_slope() {
        let line: Vec<(f64, f64)> = (0..10).map(|x| (f64::from(x) * 5.0, 80.0 + f64::from(x))).collect();
        assert!((slope(&line).unwrap() - 0.2).abs() < 1e-12);
        assert!(slope(&line[..2]).is_err());
    }
}
