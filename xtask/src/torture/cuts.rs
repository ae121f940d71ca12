//! Cuts the connections of writes after the destination has committed and before its response arrives.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::load::Load;
use super::proxy::Weather;
use super::servers::Server;
use super::world::{Plan, World};
use super::{Options, Report};
use crate::process;

/// One warehouse and one webhook; each write is cut once.
pub const PLAN: Plan =
    Plan { seed: 0, warehouse: true, calendar: false, webhooks: 1, breakable: true, retry_cap_ms: 100 };
/// The maximum number of effects in the outbox: those that have waited longest are cut first.
const BACKLOG: i64 = 1_000;
/// The longest time without a cut.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the torture test.
///
/// # Errors
/// Returns an error if something does not start or the outbox does not drain.
pub fn run(world: &World, options: &Options, cuts: usize) -> Result<Report> {
    let mut server = Server::start(world, 'a')?;
    server.ready(world)?;
    world.weather(Weather::CutOnce, Weather::CutOnce);
    let events = (cuts as u64).div_ceil(world.effects_per_event as u64);
    let load = Load::start(vec![server.port], &world.key, options.seed, 5);
    let mut sql = world.database();
    let cut = || world.network.iter().map(super::proxy::Proxy::cut).sum::<usize>();
    let (mut last, mut moved_at) = (0, Instant::now());
    loop {
        let waiting = sql.number("SELECT count(*) FROM outbox WHERE state <> 'dead'")?;
        if waiting < BACKLOG {
            load.allow((load.done() + 100).min(events));
        }
        if load.is_done()? && load.done() == events && waiting == 0 {
            break;
        }
        let done = cut();
        if done / 1000 > last / 1000 {
            eprintln!("{done} writes cut, {} s", options.started.elapsed().as_secs());
        }
        if done > last {
            (last, moved_at) = (done, Instant::now());
        }
        if process::interrupted() || moved_at.elapsed() > PATIENCE {
            bail!("no connection has been cut for {} s, with {waiting} effects pending", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut report = Report::new(world, options, &load)?;
    report.add("cuts", cut());
    Ok(report)
}
