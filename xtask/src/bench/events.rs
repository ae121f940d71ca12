//! The events that are sent: web forms for the demo's workflow `inbound-form`.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;

/// The workflow that takes them.
pub const WORKFLOW: &str = "inbound-form";

/// Companies that the leads work for; the first ones are target accounts.
const COMPANIES: u64 = 500;
/// Target accounts, as in the demo's list.
const TARGETS: [&str; 4] = ["Initech", "Globex", "Hooli", "Vandelay Industries"];

/// How many of the events are assigned. Those are target accounts with high intent: a person is picked and two systems are
/// told. All others are held for the SDR queue, and one system is told.
#[derive(Clone, Copy)]
pub struct Mix {
    /// Of a hundred events.
    pub assigned_percent: u64,
}

impl Mix {
    /// Whether the event with this number is assigned.
    pub fn is_assigned(self, number: u64) -> bool {
        // Spread evenly, whatever the percentage.
        (number + 1) * self.assigned_percent / 100 > number * self.assigned_percent / 100
    }

    /// The event with this number; no two have the same lead.
    pub fn event(self, number: u64) -> String {
        let Form { company, size, role, message } = self.form(number);
        format!(
            r#"{{"kind":"form","source":"website","lead":{{"email":"lead-{number}@sender.example","name":"Ana Ruiz {number}","company":"{company}"}},"payload":{{"company":"{company}","company_size":"{size}","role":"{role}","message":"{message}"}}}}"#
        )
    }

    /// So many events for a batch, a line each.
    pub fn lines(self, first: u64, count: u64) -> String {
        let mut lines = String::new();
        for number in first..first + count {
            // A string takes everything.
            let _ = writeln!(lines, r#"{{"idempotency_key":"bench-{number}",{}"#, &self.event(number)[1..]);
        }
        lines
    }

    /// Writes a file for `meshline import`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn csv(self, path: &Path, first: u64, count: u64) -> Result<()> {
        let mut file = BufWriter::new(std::fs::File::create(path)?);
        writeln!(file, "E-Mail,Name,Company,company_size,role,message")?;
        for number in first..first + count {
            writeln!(file, "{}", self.row(number))?;
        }
        Ok(file.flush()?)
    }

    /// The lead with this number as a row of such a file, without an end.
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
    fn as_many_are_assigned_as_was_asked_for() {
        for assigned_percent in [0, 7, 20, 50, 100] {
            let mix = Mix { assigned_percent };
            let assigned = (1_000..2_000).filter(|number| mix.is_assigned(*number)).count() as u64;
            assert_eq!(assigned, assigned_percent * 10);
        }
    }

    #[test]
    fn events_are_json_in_every_form() {
        let mix = Mix { assigned_percent: 50 };
        for line in mix.lines(7, 4).lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["kind"], "form");
            assert!(line["idempotency_key"].is_string());
        }
    }
}
