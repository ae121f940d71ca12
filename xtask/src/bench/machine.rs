//! Reads the resource usage of processes from the kernel.

use std::fs;

use anyhow::{Context, Result};

/// Ticks per second of the kernel's process clock, which is 100 in the user-space interface of every Linux.
const TICKS_PER_S: f64 = 100.0;

/// Returns the resident memory of a process, in MB.
///
/// # Errors
/// Returns an error if the process does not exist.
pub fn rss_mb(pid: u32) -> Result<f64> {
    status_mb(pid, "VmRSS:")
}

/// The most memory that a process had resident since [`forget_peak`], in MB.
///
/// # Errors
/// There is no such process.
pub fn peak_mb(pid: u32) -> Result<f64> {
    status_mb(pid, "VmHWM:")
}

/// Has the kernel take the peak of a process's resident memory anew.
///
/// # Errors
/// There is no such process, or it is another user's.
pub fn forget_peak(pid: u32) -> Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").context("the peak of memory cannot be taken anew")
}

fn status_mb(pid: u32, figure: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix(figure)?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    Ok(kilobytes.with_context(|| format!("/proc has no {figure}"))? / 1024.0)
}

/// Returns the processor time that a process and its threads have used, in seconds.
///
/// # Errors
/// Returns an error if the process does not exist.
pub fn cpu_s(pid: u32) -> Result<f64> {
    let times = Times::read(pid)?;
    Ok(times.own / TICKS_PER_S)
}

/// Returns the processor time that a process and all its children have used, including those that have exited, in seconds.
///
/// # Errors
/// Returns an error if the process does not exist.
pub fn family_cpu_s(pid: u32) -> Result<f64> {
    loop {
        let before = Times::read(pid)?;
        let mut ticks = before.own + before.ended_children;
        for entry in fs::read_dir("/proc")?.flatten() {
            let child = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
            // A child may exit at any time.
            if let Some(Ok(times)) = child.map(Times::read)
                && times.parent == pid
            {
                ticks += times.own + times.ended_children;
            }
        }
        // Otherwise a child that exited in the meantime was counted twice or not at all.
        if Times::read(pid)?.ended_children == before.ended_children {
            return Ok(ticks / TICKS_PER_S);
        }
    }
}

struct Times {
    parent: u32,
    own: f64,
    ended_children: f64,
}

impl Times {
    fn read(pid: u32) -> Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is the program's name in parentheses and may contain anything.
        let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat is malformed")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let number =
            |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        Ok(Self {
            parent: fields.get(1).and_then(|text| text.parse().ok()).unwrap_or(0),
            own: number(11) + number(12),
            ended_children: number(13) + number(14),
        })
    }
}
