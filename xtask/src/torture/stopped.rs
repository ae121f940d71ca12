//! Suspends workers until their leases have expired and others have done their work, and then resumes them.
//!
//! A process has a worker per destination. All of them are suspended at once, with writes in progress that have arrived and whose
//! responses are ready. When they resume, they report results that must be ignored.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::load::Load;
use super::servers::Server;
use super::world::{Plan, World};
use super::{Options, Report};
use crate::process;

/// The number of webhooks, and so of workers per process.
const WEBHOOKS: usize = 10;
/// The number of processes suspended at once.
const PROCESSES: usize = 5;
/// The number of concurrent writes of a worker, as limited by the webhook.
const WRITES: usize = 8;
/// The number of events per round: more than all workers can hold together, so that each holds some.
const EVENTS: u64 = 170;
/// The time limit of a round, including its leases, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// The time within which all workers must be busy. Otherwise their first writes time out before they are suspended.
const BUSY_WITHIN: Duration = Duration::from_secs(18);
/// The metric that counts late results.
const LATE: &str = "meshline_outbox_stale_finishes_total";

/// Only webhooks, on a reliable network: results are late only because their worker was suspended.
pub const PLAN: Plan = Plan {
    seed: 0,
    warehouse: false,
    calendar: false,
    webhooks: WEBHOOKS,
    breakable: false,
    retry_cap_ms: 100,
};

/// Runs the torture test.
///
/// # Errors
/// Returns an error if something does not start or finish.
pub fn run(world: &World, options: &Options, wanted: usize) -> Result<Report> {
    let mut servers = Vec::new();
    for slot in "abcde".chars().take(PROCESSES) {
        let mut server = Server::start(world, slot)?;
        server.ready(world)?;
        servers.push(server);
    }
    // One event per lead, so that no effect waits for another.
    let load = Load::start(servers.iter().map(|server| server.port).collect(), &world.key, options.seed, 1);
    let (mut workers, mut late, mut refused) = (0, 0, 0);
    while workers < wanted {
        late += round(world, &servers, &load)?;
        workers += PROCESSES * WEBHOOKS;
        until("the late results are counted", || {
            refused = servers.iter().map(|server| server.figure(LATE)).sum::<Result<usize>>()?;
            Ok(refused >= late)
        })?;
        let seconds = options.started.elapsed().as_secs();
        eprintln!("{workers} workers stopped, {late} late results, {refused} refused, {seconds} s");
    }
    let mut report = Report::new(world, options, &load)?;
    report.add("stopped", workers);
    report.add("late", late);
    report.add("refused", refused);
    report.require(late == refused, "the number of rejected results differs from the number of late ones");
    Ok(report)
}

/// Suspends every worker while it has its maximum of concurrent writes, lets another process take over, and resumes them. Returns
/// how many results they still had to report.
fn round(world: &World, servers: &[Server], load: &Load) -> Result<usize> {
    let mut sql = world.database();
    // Released at once: the first writes must not time out while the last ones are still being posted.
    sql.rows("UPDATE destinations SET paused_reason = 'filling the outbox'")?;
    load.allow(load.done() + EVENTS);
    until("all events are acknowledged", || load.is_done())?;
    world.receiver.hold();
    sql.rows("UPDATE destinations SET paused_reason = NULL")?;
    let start = Instant::now();
    until("all workers are busy", || Ok(world.receiver.held() >= PROCESSES * WEBHOOKS * WRITES))?;
    if start.elapsed() > BUSY_WITHIN {
        bail!("it took {} s until all workers were busy; the machine is too slow", start.elapsed().as_secs());
    }
    for server in servers {
        server.signal("STOP");
    }
    let late = world.receiver.held();
    world.receiver.release();
    let mut successor = Server::start(world, 'z')?;
    successor.ready(world)?;
    until("the work of the suspended workers is done", || {
        Ok(sql.number("SELECT count(*) FROM outbox WHERE state <> 'dead'")? == 0)
    })?;
    for server in servers {
        server.signal("CONT");
    }
    Ok(late)
}

fn until(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !is_so()? {
        if process::interrupted() || start.elapsed() > PATIENCE {
            bail!("timed out after {} s waiting until {what}", start.elapsed().as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
