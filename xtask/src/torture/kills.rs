//! Kills processes in the middle of their work, crashes the database under them, and breaks the network.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::load::Load;
use super::proxy::Weather;
use super::random::Random;
use super::servers::Server;
use super::sql::Sql;
use super::world::{Plan, World};
use super::{Options, Report};
use crate::process;

/// The number of database crashes during a run. More would leave no time for kills, since all processes pause after a crash.
const CRASHES: usize = 10;
const KILLS_PER_CRASH: usize = 4;
/// The minimum number of pending effects, so that every process is busy.
const BACKLOG: i64 = 200;
/// The network in front of the warehouse, where connecting alone takes several exchanges.
const WAREHOUSE: Weather = Weather::Storm { per_mille: 20, delay_ms: 60 };
/// The network in front of the receiver.
const WEBHOOKS: Weather = Weather::Storm { per_mille: 120, delay_ms: 300 };
/// The number of webhooks per thousand that are answered with 500.
const TROUBLE_PER_MILLE: u64 = 40;
/// The time limit for posting the events between two kills.
const POSTED_WITHIN: Duration = Duration::from_secs(10);
/// The time within which a process must have work in progress.
const BUSY_WITHIN: Duration = Duration::from_secs(20);

/// The destinations of this torture test.
pub const PLAN: Plan =
    Plan { seed: 0, warehouse: true, calendar: true, webhooks: 1, breakable: true, retry_cap_ms: 2_000 };

/// A kill, with the work that was in progress.
struct Kill {
    /// Seconds since 1970, by the database's clock, which is that of this machine.
    at: f64,
    orphans: Vec<(String, i64)>,
}

/// Runs the torture test.
///
/// # Errors
/// Returns an error if something does not start or does not recover.
pub fn run(world: &World, options: &Options) -> Result<Report> {
    let mut servers = [Server::start(world, 'a')?, Server::start(world, 'b')?];
    for server in &mut servers {
        server.ready(world)?;
    }
    world.weather(WAREHOUSE, WEBHOOKS);
    world.receiver.trouble(TROUBLE_PER_MILLE);
    let load = Load::start(servers.iter().map(|server| server.port).collect(), &world.key, options.seed, 5);
    let events = (options.effects as u64).div_ceil(world.effects_per_event as u64);
    let mut random = Random::new(options.seed, u64::MAX);
    let mut sql = world.database();
    let (mut kills, mut crashes) = (Vec::new(), 0);
    let all_crashes = CRASHES.min(options.kills / KILLS_PER_CRASH);
    while kills.len() < options.kills && options.started.elapsed() < options.limit && !process::interrupted()
    {
        keep_up(world, &mut servers, &load)?;
        load.allow(events * (kills.len() as u64 + 1) / options.kills as u64);
        let victim = random.below(2) as usize;
        std::thread::sleep(random.between_ms(200, 1_200));
        wait_until_busy(world, &mut servers, victim, &load, &mut sql)?;
        std::thread::sleep(random.between_ms(0, 40));
        kills.push(kill(world, &mut servers[victim], &mut sql)?);
        if kills.len() * all_crashes / options.kills > crashes {
            crashes += 1;
            world.cluster.crash()?;
        }
        if kills.len().is_multiple_of(10) {
            let seconds = options.started.elapsed().as_secs();
            eprintln!("{} kills, {crashes} crashes, {} events taken, {seconds} s", kills.len(), load.done());
        }
    }
    load.allow(events);
    world.weather(Weather::Calm, Weather::Calm);
    world.receiver.trouble(0);
    let settled = settle(world, &mut servers, &load, &mut sql)?;
    let mut report = Report::new(world, options, &load)?;
    report.add("kills", kills.len());
    report.require(
        kills.len() * 2 >= options.kills,
        "fewer than half of the kills happened within the time limit",
    );
    report.add("in_flight", kills.iter().filter(|kill| !kill.orphans.is_empty()).count());
    report.add("orphans", kills.iter().map(|kill| kill.orphans.len()).sum());
    report.add("crashes", crashes);
    report.add("broken_exchanges", world.network.iter().map(super::proxy::Proxy::broken).sum());
    report.add("stopped_destinations", settled);
    let mut late_s = taken_over_after_s(&kills, &mut sql)?;
    late_s.sort_by(f64::total_cmp);
    report.add_seconds("taken_over_p50_s", percentile(&late_s, 50));
    report.add_seconds("taken_over_p99_s", percentile(&late_s, 99));
    report.add_seconds("taken_over_max_s", late_s.last().copied());
    Ok(report)
}

/// Waits for the clients to post what they are allowed to, so that events arrive between kills and not after them.
fn keep_up(world: &World, servers: &mut [Server; 2], load: &Load) -> Result<()> {
    let start = Instant::now();
    while !load.is_done()? && start.elapsed() < POSTED_WITHIN && !process::interrupted() {
        for server in servers.iter_mut() {
            server.tend(world)?;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Waits until the process holds effects, and allows clients to post more if too few are pending.
fn wait_until_busy(
    world: &World,
    servers: &mut [Server; 2],
    victim: usize,
    load: &Load,
    sql: &mut Sql,
) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < BUSY_WITHIN && !process::interrupted() {
        for server in servers.iter_mut() {
            server.tend(world)?;
        }
        if !held(sql, &servers[victim].name())?.is_empty() {
            return Ok(());
        }
        let backlog = sql.number("SELECT count(*) FROM outbox WHERE state = 'ready' AND due_at <= now()")?;
        if backlog < BACKLOG && load.is_done()? {
            load.allow(load.allowed() + 20);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // Otherwise the process is killed idle; the report counts such kills.
    Ok(())
}

fn kill(world: &World, server: &mut Server, sql: &mut Sql) -> Result<Kill> {
    let name = server.name();
    let at = now(sql)?;
    server.kill(world)?;
    // Queried after the kill: an effect that was finished in the meantime is not orphaned.
    Ok(Kill { at, orphans: held(sql, &name)? })
}

/// Returns the effects that a process holds, with their leases.
fn held(sql: &mut Sql, name: &str) -> Result<Vec<(String, i64)>> {
    let rows = sql.rows(&format!(
        "SELECT o.effect_id, o.run_lease FROM outbox o JOIN torture.claims c USING (effect_id, run_lease) \
         WHERE o.state = 'running' AND c.who = '{name}'"
    ))?;
    rows.into_iter().map(|row| Ok((row[0].clone(), row[1].parse()?))).collect()
}

/// Waits until the outbox is empty. Resumes destinations that paused themselves, and returns how many did.
fn settle(world: &World, servers: &mut [Server; 2], load: &Load, sql: &mut Sql) -> Result<usize> {
    let start = Instant::now();
    let mut paused = 0;
    loop {
        for server in servers.iter_mut() {
            server.tend(world)?;
        }
        paused += sql
            .rows(
                "UPDATE destinations SET paused_reason = NULL WHERE paused_reason IS NOT NULL RETURNING name",
            )?
            .len();
        if load.is_done()? && sql.number("SELECT count(*) FROM outbox WHERE state <> 'dead'")? == 0 {
            return Ok(paused);
        }
        if process::interrupted() || start.elapsed() > super::SETTLE_WITHIN {
            bail!("the outbox is not empty {} s after the last kill", start.elapsed().as_secs());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Returns, for each effect that a killed process held, the time from the kill to the next claim.
fn taken_over_after_s(kills: &[Kill], sql: &mut Sql) -> Result<Vec<f64>> {
    let rows = sql.rows("SELECT effect_id, run_lease, extract(epoch FROM at) FROM torture.claims")?;
    let claims: HashMap<(&str, &str), f64> = rows
        .iter()
        .map(|row| Ok(((row[0].as_str(), row[1].as_str()), row[2].parse()?)))
        .collect::<Result<_>>()?;
    let mut after_s = Vec::new();
    for kill in kills {
        for (effect, lease) in &kill.orphans {
            let next = (lease + 1).to_string();
            after_s.extend(claims.get(&(effect.as_str(), next.as_str())).map(|at| at - kill.at));
        }
    }
    Ok(after_s)
}

fn now(sql: &mut Sql) -> Result<f64> {
    let rows = sql.rows("SELECT extract(epoch FROM clock_timestamp())")?;
    match rows.first().and_then(|row| row.first()) {
        Some(seconds) => Ok(seconds.parse()?),
        None => bail!("the database returned no time"),
    }
}

/// Returns the smallest sorted value that this percentage of the values does not exceed.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let at = (sorted.len() * percent).div_ceil(100).max(1) - 1;
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_an_existing_value() {
        let values: Vec<f64> = (1..=200).map(f64::from).collect();
        assert_eq!([50, 99, 100].map(|percent| percentile(&values, percent).unwrap()), [100.0, 198.0, 200.0]);
        assert_eq!((percentile(&[7.0], 50), percentile(&[], 99)), (Some(7.0), None));
    }
}
