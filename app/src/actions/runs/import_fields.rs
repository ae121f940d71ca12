//! The form of an import, which maps columns to fields.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use service::import::preview::SampleMapping;

use crate::texts::texts;
use crate::ui::{number, series};

/// The number of outcomes in the form.
pub const OUTCOME_ROWS: usize = 3;
/// The maximum number of lines with other fields.
const MORE_FIELDS: usize = 200;

/// Declares the fields of the form, all of them text, with accessors by name.
macro_rules! import_fields {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// How the columns of a file are read, as the form sends it.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct ImportFields {
            $($(#[$doc])* pub $name: String,)+
        }

        impl ImportFields {
            /// Reads each field by its name.
            pub fn read(mut text: impl FnMut(&'static str) -> String) -> Self {
                Self { $($name: text(stringify!($name)),)+ }
            }

            /// Returns each field's name and text.
            pub fn pairs(&self) -> impl Iterator<Item = (&'static str, &str)> {
                [$((stringify!($name), self.$name.as_str()),)+].into_iter()
            }
        }
    };
}

import_fields! {
    /// The workflow's name.
    workflow,
    /// The column of each of the lead's own fields; empty where there is none.
    email,
    /// As `email`.
    external_id,
    /// As `email`.
    name,
    /// As `email`.
    company,
    /// As `email`.
    domain,
    /// The column of the time at which a row happened.
    at,
    /// The zone of times that name none; that of the person where it is empty.
    zone,
    /// The format of dates such as `3/4/2026`; empty where it is not known.
    dates,
    /// Other fields, a line each: `field = column`.
    more,
    /// Outcomes: the column of the first one, its value, the stage, and the column of its time.
    column1,
    /// See `column1`.
    value1,
    /// See `column1`.
    stage1,
    /// See `column1`.
    ended1,
    /// See `column1`.
    column2,
    /// See `column1`.
    value2,
    /// See `column1`.
    stage2,
    /// See `column1`.
    ended2,
    /// See `column1`.
    column3,
    /// See `column1`.
    value3,
    /// See `column1`.
    stage3,
    /// See `column1`.
    ended3,
}

impl ImportFields {
    /// Returns the columns of the lead's own fields.
    pub fn own(&self) -> [(&'static str, &str); 5] {
        [
            ("email", &self.email),
            ("external_id", &self.external_id),
            ("name", &self.name),
            ("company", &self.company),
            ("domain", &self.domain),
        ]
    }

    /// Returns column, value, stage and time of each outcome.
    pub fn outcomes(&self) -> [[&str; 4]; OUTCOME_ROWS] {
        [
            [&self.column1, &self.value1, &self.stage1, &self.ended1],
            [&self.column2, &self.value2, &self.stage2, &self.ended2],
            [&self.column3, &self.value3, &self.stage3, &self.ended3],
        ]
    }

    /// Returns the form as the query of an address.
    pub fn query(&self) -> String {
        let pair = |(name, text): (&str, &str)| {
            format!("fields%5B{name}%5D={}", utf8_percent_encode(text, NON_ALPHANUMERIC))
        };
        self.pairs().map(pair).collect::<Vec<_>>().join("&")
    }

    /// Returns the form with its columns spelled exactly as in the file. Browsers change line ends in what they send, and
    /// people cannot see spaces at the end of a name.
    pub fn resolved(&self, columns: &[String]) -> Self {
        let mut fields = self.clone();
        let ImportFields { email, external_id, name, company, domain, at, .. } = &mut fields;
        for column in [email, external_id, name, company, domain, at] {
            *column = resolve(columns, column);
        }
        let ImportFields { column1, column2, column3, ended1, ended2, ended3, .. } = &mut fields;
        for column in [column1, column2, column3, ended1, ended2, ended3] {
            *column = resolve(columns, column);
        }
        fields
    }

    /// Returns the mapping, or the problems with the form as sentences. `zone` is the viewer's time zone.
    ///
    /// # Errors
    /// Returns an error if an outcome is incomplete, or if a line of other fields cannot be parsed.
    pub fn mapping(&self, columns: &[String], zone: Tz) -> Result<SampleMapping, Vec<String>> {
        let mut problems = Vec::new();
        let own = self.own().into_iter().filter(|(_, column)| !column.is_empty());
        let mut fields: Vec<String> = own.map(|(field, column)| format!("{field}={column}")).collect();
        fields.extend(self.more_fields(columns, &mut problems));
        let outcomes = self.outcome_rules(&mut problems);
        let zone = match self.zone.as_str() {
            "" => Some(zone),
            name => name.parse().ok(),
        };
        if zone.is_none() {
            problems.push(texts().import_wrong_zone(&self.zone));
        }
        let order = match self.dates.as_str() {
            "" => None,
            format => format.parse().map_err(|_| problems.push(texts().import_wrong_dates())).ok(),
        };
        match zone {
            Some(zone) if problems.is_empty() => {
                let at = Some(self.at.clone()).filter(|column| !column.is_empty());
                Ok(SampleMapping { fields, at, zone, order, outcomes })
            }
            _ => Err(problems),
        }
    }

    /// Returns the other fields as `FIELD=COLUMN` pairs.
    fn more_fields(&self, columns: &[String], problems: &mut Vec<String>) -> Vec<String> {
        let mut used: BTreeSet<&str> = self.own().into_iter().map(|(field, _)| field).collect();
        let mut pairs = Vec::new();
        let lines = (1..).zip(self.more.lines()).filter(|(_, line)| !line.trim().is_empty());
        for (number, line) in lines {
            let number = number::count(number);
            let Some((field, column)) = line.split_once('=') else {
                problems.push(texts().import_more_not_a_pair(number, line.trim()));
                continue;
            };
            let field = field.trim();
            if field.is_empty() || column.trim().is_empty() {
                problems.push(texts().import_more_half(number, line.trim()));
            } else if !used.insert(field) {
                problems.push(texts().import_more_twice(number, field));
            } else if pairs.len() == MORE_FIELDS {
                problems.push(texts().import_more_too_many(number, MORE_FIELDS.to_string()));
                break;
            } else {
                // A space after the equals sign is formatting, not part of the column's name.
                let exact = column.strip_prefix(' ').unwrap_or(column);
                pairs.push(format!("{field}={}", resolve(columns, exact)));
            }
        }
        pairs
    }

    /// Returns the outcomes as `COLUMN=VALUE:STAGE[@COLUMN]`.
    fn outcome_rules(&self, problems: &mut Vec<String>) -> Vec<String> {
        let mut rules = Vec::new();
        for (number, [column, value, stage, at]) in (1..).zip(self.outcomes()) {
            let parts = [
                (texts().import_outcome_part_column(), column),
                (texts().import_outcome_part_value(), value.trim()),
                (texts().import_outcome_part_stage(), stage),
            ];
            let missing: Vec<String> =
                parts.into_iter().filter(|(_, text)| text.is_empty()).map(|(name, _)| name).collect();
            match (missing.as_slice(), at) {
                ([], "") => rules.push(format!("{column}={value}:{stage}")),
                ([], at) => rules.push(format!("{column}={value}:{stage}@{at}")),
                ([_, _, _], "") => {}
                (missing, _) => {
                    problems.push(
                        texts().import_outcome_incomplete(number::count(number), series::any_of(missing)),
                    );
                }
            }
        }
        rules
    }
}

/// Returns the matching column: the one with exactly this name, or else the only one that looks the same.
fn resolve(columns: &[String], asked: &str) -> String {
    if asked.is_empty() || columns.iter().any(|column| column == asked) {
        return asked.to_owned();
    }
    let plain = |name: &str| name.replace("\r\n", "\n").trim().to_owned();
    let wanted = plain(asked);
    let mut alike = columns.iter().filter(|column| plain(column) == wanted);
    match (alike.next(), alike.next()) {
        (Some(only), None) => only.clone(),
        _ => asked.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn columns_are_found_by_their_exact_names_first() {
        let names = columns(&["Mail ", "Mail", " Staff", "Two\nlines"]);
        for (asked, found) in [
            ("Mail ", "Mail "),
            ("Mail", "Mail"),
            ("Staff", " Staff"),
            ("Two\r\nlines", "Two\nlines"),
            (" Mail", " Mail"),
        ] {
            assert_eq!(resolve(&names, asked), found);
        }
        let fields = ImportFields {
            email: "Mail ".into(),
            more: "size = Staff\nx= Staff".into(),
            ..Default::default()
        };
        let mapping = fields.resolved(&names).mapping(&names, Tz::UTC).unwrap();
        assert_eq!(mapping.fields, ["email=Mail ", "size= Staff", "x= Staff"]);
    }

    #[test]
    fn incomplete_parts_are_reported() {
        let fields = ImportFields {
            column1: "Status".into(),
            value1: "Won".into(),
            stage1: "won".into(),
            ended2: "Closed".into(),
            column3: "Status".into(),
            stage3: "lost".into(),
            more: "size = Staff\n\nnothing\n= Staff\nsize = Status\nemail = Mail".into(),
            zone: "Mars/Olympus".into(),
            ..Default::default()
        };
        let problems = fields.mapping(&columns(&["Status", "Staff"]), Tz::UTC).unwrap_err();
        let expected = [
            "Other fields, line 3: `nothing` is not in the form",
            "Other fields, line 4: `= Staff` needs both",
            "Other fields, line 5: `size` already has a column",
            "Other fields, line 6: `email` already has a column",
            "Outcome 2 has no column, value or stage.",
            "Outcome 3 has no value.",
            "There is no time zone `Mars/Olympus`",
        ];
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.starts_with(expected), "{problem}");
        }
    }

    #[test]
    fn the_form_comes_back_from_an_address() {
        let fields =
            ImportFields { email: "E & Mail ".into(), more: "a = b\nc = d".into(), ..Default::default() };
        let query = fields.query();
        assert!(query.contains("fields%5Bemail%5D=E%20%26%20Mail%20&"), "{query}");
        assert!(query.contains("a%20%3D%20b%0Ac%20%3D%20d"), "{query}");
    }
}
