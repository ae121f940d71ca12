//! Generates the events to send: web forms for the demo's workflow `inbound-form`.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;

/// The workflow that receives them.
pub const WORKFLOW: &str = "inbound-form";

/// The number of companies; the first ones are target accounts.
const COMPANIES: u64 = 500;
/// The target accounts, as in the demo's list.
const TARGETS: [&str; 4] = ["Initech", "Globex", "Hooli", "Vandelay Industries"];

/// The share of events that lead to an assignment. Those come from target accounts with high intent: a person is picked, and two
/// systems receive an effect. All others are held for the SDR queue, and one system receives an effect.
#[derive(Clone, Copy)]
pub struct Mix {
    /// The percentage of assigned events.
    pub assigned_percent: u64,
}

impl Mix {
    /// Returns whether the event with this number is assigned.
    pub fn is_assigned(self, number: u64) -> bool {
        // Spreads them evenly for any percentage.
        (number + 1) * self.assigned_percent / 100 > number * self.assigned_percent / 100
    }

    /// Returns the event with this number. Every event has a different lead.
    pub fn event(self, number: u64) -> String {
        let Form { company, size, role, message } = self.form(number);
        format!(
            r#"{{"kind":"form","source":"website","lead":{{"email":"lead-{number}@sender.example","name":"Ana Ruiz {number}","company":"{company}"}},"payload":{{"company":"{company}","company_size":"{size}","role":"{role}","message":"{message}"}}}}"#
        )
    }

    /// Returns `count` events for a batch, one per line.
    pub fn lines(self, first: u64, count: u64) -> String {
        let mut lines = String::new();
        for number in first..first + count {
            // Writing to a string cannot fail.
            let _ = writeln!(lines, r#"{{"idempotency_key":"bench-{number}",{}"#, &self.event(number)[1..]);
        }
        lines
    }

    /// Writes a CSV file for `meshline import`.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn csv(self, path: &Path, first: u64, count: u64) -> Result<()> {
        let mut file = BufWriter::new(std::fs::File::create(path)?);
        writeln!(file, "E-Mail,Name,Company,company_size,role,message")?;
        for number in first..first + count {
            writeln!(file, "{}", self.row(number))?;
        }
        Ok(file.flush()?)
    }

    /// Returns the lead with this number as a row of such a file, without a line break.
    pub fn row(self, number: u64) -> String {
        let Form { company, size, role, message } = self.form(number);
        format!("import-{number}@sender.example,Ana Ruiz {number},{company},{size},{role},\"{message}\"")
    }

    fn form(self, number: u64) -> Form {
        if self.is_assigned(number) {
            Form {
                company: TARGETS[(number % 4) as usize].to_owned(),
                size: "51-200 employees",
                role: "VP Sales",
                message: "We would like to book a demo and talk pricing; please send a quote this quarter.",
            }
        } else {
            Form {
                company: format!("Company {}", number % COMPANIES),
                size: "201-500 employees",
                role: "Operations",
                message: "We compare vendors and would like to see your pricing and a white paper first.",
            }
        }
    }
}

struct Form {
    company: String,
    size: &'static str,
    role: &'static str,
    message: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requested_percentage_is_assigned() {
        for assigned_percent in [0, 7, 20, 50, 100] {
            let mix = Mix { assigned_percent };
            let assigned = (1_000..2_000).filter(|number| mix.is_assigned(*number)).count() as u64;
            assert_eq!(assigned, assigned_percent * 10);
        }
    }

    #[test]
    fn events_are_valid_json() {
        let mix = Mix { assigned_percent: 50 };
        for line in mix.lines(7, 4).lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["kind"], "form");
            assert!(line["idempotency_key"].is_string());
        }
    }
}
