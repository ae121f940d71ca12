//! What a torture found, for people and for programs.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Options;
use super::journal::Difference;
use super::load::Load;
use super::world::{Found, World};

/// What a torture found.
pub struct Report {
    figures: Map<String, Value>,
    destinations: Vec<Found>,
    complaints: Vec<String>,
}

impl Report {
    /// Reads the destinations back, and Meshline's own tables.
    ///
    /// # Errors
    /// A database does not answer.
    pub fn new(world: &World, options: &Options, load: &Load) -> Result<Self> {
        let destinations = world.read_back()?;
        let mut sum = Difference::default();
        for found in &destinations {
            sum.add(found.difference);
        }
        let mut sql = world.database();
        // An event that was answered is an event that is there, with its effects.
        let events = sql.number("SELECT count(*) FROM events")?;
        let effects = sql.number("SELECT count(*) FROM effects")?;
        let meetings = if world.has_calendar() {
            sql.number("SELECT count(*) FROM decisions WHERE action = 'assign'")?
        } else {
            0
        };
        let wanted = events * world.effects_per_event as i64 + meetings;
        let missing = (load.done() as i64 - events).max(0) + (wanted - effects).abs();
        sum.lost += usize::try_from(missing)?;
        let mut report = Self { figures: Map::new(), destinations, complaints: Vec::new() };
        for (name, value) in [
            ("effects", usize::try_from(effects)?),
            ("lost", sum.lost),
            ("duplicated", sum.duplicated),
            ("out_of_order", sum.out_of_order),
            ("dead", sql.number("SELECT count(*) FROM outbox WHERE state = 'dead'")?.try_into()?),
            ("repeats", report.destinations.iter().filter_map(|found| found.repeats).sum()),
            ("client_retries", usize::try_from(load.retries())?),
        ] {
            report.add(name, value);
        }
        report.figures.insert("seed".into(), json!(options.seed));
        report.figures.insert("seconds".into(), json!(options.started.elapsed().as_secs()));
        let told = sql.number(
            "SELECT count(*) FROM effects e WHERE 1 <> (SELECT count(*) FROM deliveries d WHERE d.effect_id = e.id AND d.result = 'delivered')",
        )?;
        report.require(sum.is_none(), "the destinations do not have what they should");
        report.require(events == load.done() as i64, "events and answered requests differ in number");
        report.require(told == 0, "some effect is not told delivered exactly once in the log");
        report.require(world.receiver.refused() == 0, "a webhook was not signed as it should be");
        Ok(report)
    }

    /// Adds a figure.
    pub fn add(&mut self, name: &str, value: usize) {
        self.figures.insert(name.into(), json!(value));
    }

    /// Adds a time; `null` where there is none.
    pub fn add_seconds(&mut self, name: &str, value: Option<f64>) {
        self.figures.insert(name.into(), json!(value.map(|seconds| (seconds * 10.0).round() / 10.0)));
    }

    /// Notes what has to be so.
    pub fn require(&mut self, is_so: bool, complaint: &str) {
        if !is_so {
            self.complaints.push(complaint.to_owned());
        }
    }

    /// Whether all is as it should be.
    pub fn is_fine(&self) -> bool {
        self.complaints.is_empty()
    }

    /// Prints a table for people and, as the last line, the figures as JSON.
    pub fn print(&self) {
        println!("{:<24}{:>10}{:>12}{:>14}{:>10}", "", "lost", "duplicated", "out of order", "repeats");
        for Found { destination, difference, repeats } in &self.destinations {
            let Difference { lost, duplicated, out_of_order } = difference;
            let repeats = repeats.map_or("-".to_owned(), |repeats| repeats.to_string());
            println!("{destination:<24}{lost:>10}{duplicated:>12}{out_of_order:>14}{repeats:>10}");
        }
        println!();
        for (name, value) in &self.figures {
            println!("{:<24}{:>10}", name.replace('_', " "), value.to_string());
        }
        for complaint in &self.complaints {
            println!("FAILED: {complaint}");
        }
        println!("{}", Value::Object(self.figures.clone()));
    }
}
