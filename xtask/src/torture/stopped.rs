//! Workers stopped until their leases have lapsed and others have done their work, and then let go on.
//!
//! A process has a worker for each destination. All of them are stopped at once, with writes under way that have arrived
//! and whose answers lie ready. When they wake, they tell results nobody may believe any more.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::load::Load;
use super::servers::Server;
use super::world::{Plan, World};
use super::{Options, Report};
use crate::process;

/// Webhooks, and so workers in a process.
const WEBHOOKS: usize = 10;
/// Processes stopped at once.
const PROCESSES: usize = 5;
/// Writes that a worker has under way, as the webhook limits them.
const WRITES: usize = 8;
/// Events in a round: more than all workers together can hold, so that each holds some.
const EVENTS: u64 = 170;
/// A round with all its leases takes less, also on a slow machine.
const PATIENCE: Duration = Duration::from_secs(180);
/// Within this all workers have to be busy, or their first writes time out before they are stopped.
const BUSY_WITHIN: Duration = Duration::from_secs(18);
/// The counter of late results.
const LATE: &str = "meshline_outbox_stale_finishes_total";

/// Webhooks only, and no network that breaks: what is late is late because its worker was stopped.
pub const PLAN: Plan = Plan {
    seed: 0,
    warehouse: false,
    calendar: false,
    webhooks: WEBHOOKS,
    breakable: false,
    retry_cap_ms: 100,
};

/// Runs it.
///
/// # Errors
/// Something does not start or does not end.
pub fn run(world: &World, options: &Options, wanted: usize) -> Result<Report> {
    let mut servers = Vec::new();
    for slot in "abcde".chars().take(PROCESSES) {
        let mut server = Server::start(world, slot)?;
        server.ready(world)?;
        servers.push(server);
    }
    // One event a lead: nobody has to wait for anybody.
    let load = Load::start(servers.iter().map(|server| server.port).collect(), &world.key, options.seed, 1);
    let (mut workers, mut late, mut refused) = (0, 0, 0);
    while workers < wanted {
        late += round(world, &servers, &load)?;
        workers += PROCESSES * WEBHOOKS;
        until("the late results are told", || {
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
    report.require(late == refused, "a late result was not refused, or one was refused that was not late");
    Ok(report)
}

/// Stops every worker with as many writes under way as it may have, lets another process take over, and wakes them.
/// Answers how many results they have left to tell.
fn round(world: &World, servers: &[Server], load: &Load) -> Result<usize> {
    let mut sql = world.database();
    // All at once: the first writes must not time out while the last ones are still being posted.
    sql.rows("UPDATE destinations SET paused_reason = 'the outbox is filled first'")?;
    load.allow(load.done() + EVENTS);
    until("all events are taken", || load.is_done())?;
    world.receiver.hold();
    sql.rows("UPDATE destinations SET paused_reason = NULL")?;
    let start = Instant::now();
    until("all workers are busy", || Ok(world.receiver.held() >= PROCESSES * WEBHOOKS * WRITES))?;
    if start.elapsed() > BUSY_WITHIN {
        bail!(
            "it took {} s until all workers were busy; this machine is too slow",
            start.elapsed().as_secs()
        );
    }
    for server in servers {
        server.signal("STOP");
    }
    let late = world.receiver.held();
    world.receiver.release();
    let mut successor = Server::start(world, 'z')?;
    successor.ready(world)?;
    until("the work of the stopped is done", || {
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
            bail!("waited {} s and it is not so that {what}", start.elapsed().as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
