//! The report of a torture test, for people and programs.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Options;
use super::journal::Difference;
use super::load::Load;
use super::world::{Found, World};

/// The results of a torture test.
pub struct Report {
    figures: Map<String, Value>,
    destinations: Vec<Found>,
    complaints: Vec<String>,
}

impl Report {
    /// Reads the destinations and Meshline's own tables.
    ///
    /// # Errors
    /// Returns an error if a database does not answer.
    pub fn new(world: &World, options: &Options, load: &Load) -> Result<Self> {
        let destinations = world.read_back()?;
        let mut sum = Difference::default();
        for found in &destinations {
            sum.add(found.difference);
        }
        let mut sql = world.database();
        // Every acknowledged event must be stored, with its effects.
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
        let miscounted = sql.number(
            "SELECT count(*) FROM effects e WHERE 1 <> (SELECT count(*) FROM deliveries d WHERE d.effect_id = e.id AND d.result = 'delivered')",
        )?;
        report.require(sum.is_none(), "the destinations do not hold the expected effects");
        report
            .require(events == load.done() as i64, "the numbers of events and acknowledged requests differ");
        report.require(miscounted == 0, "the log does not record exactly one delivery for every effect");
        report.require(world.receiver.refused() == 0, "a webhook had an invalid signature");
        Ok(report)
    }

    /// Adds a figure.
    pub fn add(&mut self, name: &str, value: usize) {
        self.figures.insert(name.into(), json!(value));
    }

    /// Adds a time; `None` becomes `null`.
    pub fn add_seconds(&mut self, name: &str, value: Option<f64>) {
        self.figures.insert(name.into(), json!(value.map(|seconds| (seconds * 10.0).round() / 10.0)));
    }

    /// Records a failure with this message unless the condition holds.
    pub fn require(&mut self, is_so: bool, complaint: &str) {
        if !is_so {
            self.complaints.push(complaint.to_owned());
        }
    }

    /// Returns whether there was no failure.
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
