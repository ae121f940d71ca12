//! Guesses the meaning of a file's columns from their names, and then from their values.

use std::collections::{BTreeMap, BTreeSet};

use engine::control::outcome::OutcomeStage;
use engine::time::{TimeFormat, TimeProblem};

use super::preview::{MappingGuess, OutcomeGuess};

/// Maximum number of outcomes to guess.
pub const OUTCOMES: usize = 3;
/// Maximum number of distinct values in a column that could hold stages.
const STAGE_VALUES: usize = 30;

/// Typical column names for the lead's standard fields, the most reliable first.
const FIELDS: [(&str, &[&str]); 5] = [
    ("email", &["email", "email address", "e mail", "e mail address", "work email", "mail"]),
    (
        "external_id",
        &["external id", "lead id", "contact id", "prospect id", "record id", "crm id", "id", "lead number"],
    ),
    ("name", &["name", "full name", "contact name", "lead name", "contact"]),
    (
        "company",
        &["company", "company name", "account", "account name", "organization", "organisation", "employer"],
    ),
    ("domain", &["domain", "company domain", "website", "web site", "homepage", "url"]),
];
/// Typical column names for the time at which a lead was created.
const TIMES: &[&str] = &[
    "created at",
    "created",
    "created date",
    "create date",
    "created on",
    "date created",
    "submitted at",
    "submitted",
    "lead created",
    "lead date",
    "occurred at",
    "timestamp",
    "date",
];
/// Typical column names for the time at which an outcome was reached.
const ENDS: &[&str] = &[
    "close date",
    "closed",
    "closed at",
    "closed date",
    "closed on",
    "converted at",
    "converted date",
    "conversion date",
];
/// Typical column names for a lead's final status.
const ENDINGS: &[&str] = &[
    "status",
    "lead status",
    "stage",
    "lead stage",
    "outcome",
    "result",
    "converted",
    "is converted",
    "won",
];
/// Values that mean that a stage was reached.
const STAGES: [(&str, OutcomeStage); 14] = [
    ("won", OutcomeStage::Won),
    ("closed won", OutcomeStage::Won),
    ("customer", OutcomeStage::Won),
    ("lost", OutcomeStage::Lost),
    ("closed lost", OutcomeStage::Lost),
    ("opportunity", OutcomeStage::Opportunity),
    ("sql", OutcomeStage::SalesQualified),
    ("sales qualified", OutcomeStage::SalesQualified),
    ("qualified", OutcomeStage::SalesQualified),
    ("converted", OutcomeStage::SalesQualified),
    ("accepted", OutcomeStage::Accepted),
    ("rejected", OutcomeStage::Rejected),
    ("disqualified", OutcomeStage::Disqualified),
    ("unqualified", OutcomeStage::Disqualified),
];

/// Guesses the mapping from the columns' names and values.
pub(super) fn guess(columns: &[String], rows: &[Vec<String>]) -> MappingGuess {
    let table = Table { columns, rows, names: columns.iter().map(|name| plain(name)).collect() };
    let mut fields = BTreeMap::new();
    let mut used = BTreeSet::new();
    for (field, names) in FIELDS {
        let fits = |place: &usize| !used.contains(place) && table.fits(field, *place);
        let found = table.named(names).find(fits).or_else(|| match field {
            "email" => (0..columns.len()).find(|place| fits(place)),
            _ => None,
        });
        if let Some(place) = found {
            used.insert(place);
            fields.insert(field, columns[place].clone());
        }
    }
    let is_time = |place: &usize| {
        let read = |text: &str| engine::time::read(text, &TimeFormat::default());
        // A date that could be two is one all the same.
        table.mostly(*place, |text| !matches!(read(text), Err(TimeProblem::NotATime)))
    };
    let column = |place: usize| columns[place].clone();
    let at = table.named(TIMES).find(is_time).map(column);
    let ended = table.named(ENDS).find(is_time).map(column);
    MappingGuess { outcomes: table.outcomes(ended.as_ref()), fields, at }
}

struct Table<'a> {
    columns: &'a [String],
    rows: &'a [Vec<String>],
    names: Vec<String>,
}

impl Table<'_> {
    /// Returns the indexes of the columns with these names, in the order of the names.
    fn named(&self, names: &[&'static str]) -> impl Iterator<Item = usize> {
        names.iter().filter_map(|name| self.names.iter().position(|known| known == name))
    }

    fn values(&self, place: usize) -> impl Iterator<Item = &str> {
        self.rows
            .iter()
            .filter_map(move |row| row.get(place))
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Returns whether at least nine in ten of a column's values satisfy the predicate. An empty column does not.
    fn mostly(&self, place: usize, is_so: impl Fn(&str) -> bool) -> bool {
        let (mut all, mut so) = (0, 0);
        for value in self.values(place) {
            all += 1;
            so += usize::from(is_so(value));
        }
        all > 0 && so * 10 >= all * 9
    }

    /// Returns whether a column's values are plausible for a field. Any text could be a name or a company.
    fn fits(&self, field: &str, place: usize) -> bool {
        match field {
            "email" => self.mostly(place, is_email),
            "domain" => self.mostly(place, |text| text.contains('.') && !text.contains([' ', '@'])),
            "external_id" => {
                let all = self.values(place).count();
                all > 0 && self.values(place).collect::<BTreeSet<_>>().len() == all
            }
            _ => self.values(place).next().is_some(),
        }
    }

    /// Returns the values that mark an outcome, from the columns for a lead's final status.
    fn outcomes(&self, at: Option<&String>) -> Vec<OutcomeGuess> {
        let mut found: Vec<OutcomeGuess> = Vec::new();
        for place in self.named(ENDINGS) {
            let values: BTreeSet<&str> = self.values(place).collect();
            if values.len() > STAGE_VALUES {
                continue;
            }
            for value in values {
                let Some(stage) = self.stage(place, value) else { continue };
                if found.len() < OUTCOMES && !found.iter().any(|known| known.stage == stage) {
                    let column = self.columns[place].clone();
                    found.push(OutcomeGuess { column, value: value.to_owned(), stage, at: at.cloned() });
                }
            }
        }
        found
    }

    fn stage(&self, place: usize, value: &str) -> Option<OutcomeStage> {
        let value = plain(value);
        let is_yes = matches!(value.as_str(), "1" | "true" | "yes" | "y");
        match self.names[place].as_str() {
            "won" if is_yes => Some(OutcomeStage::Won),
            "converted" | "is converted" if is_yes => Some(OutcomeStage::SalesQualified),
            _ => STAGES.iter().find(|(word, _)| *word == value).map(|(_, stage)| *stage),
        }
    }
}

/// Normalizes a name to lower case with single spaces between its words: `E-Mail_Address` becomes `e mail address`, and
/// `createdAt` becomes `created at`.
fn plain(name: &str) -> String {
    let mut words = String::new();
    let mut before = ' ';
    for letter in name.trim().chars() {
        let is_new_word = letter.is_uppercase() && before.is_lowercase();
        if (is_new_word || !letter.is_alphanumeric()) && !words.ends_with(' ') && !words.is_empty() {
            words.push(' ');
        }
        if letter.is_alphanumeric() {
            words.extend(letter.to_lowercase());
        }
        before = letter;
    }
    words.trim_end().to_owned()
}

fn is_email(text: &str) -> bool {
    let normal = engine::identity::normal_email(text);
    normal.is_some_and(|email| email.rsplit_once('@').is_some_and(|(_, host)| host.contains('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str) -> MappingGuess {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let columns = lines.next().unwrap();
        guess(&columns, &lines.collect::<Vec<_>>())
    }

    fn fields(guess: &MappingGuess) -> Vec<(&'static str, &str)> {
        guess.fields.iter().map(|(field, column)| (*field, column.as_str())).collect()
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let guess = guessed(
            "Lead Id,E-Mail Address,Full_Name,Account Name,Website,createdAt,Status,Close Date\n\
             7,ana@initech.example,Ana,Initech,initech.example,2026-11-02,Closed Won,2026-11-20\n\
             8,ben@globex.example,Ben,Globex,globex.example,2026-11-03,Working,\n",
        );
        let expected = [
            ("company", "Account Name"),
            ("domain", "Website"),
            ("email", "E-Mail Address"),
            ("external_id", "Lead Id"),
            ("name", "Full_Name"),
        ];
        assert_eq!(fields(&guess), expected);
        assert_eq!(guess.at.as_deref(), Some("createdAt"));
        let won = OutcomeGuess {
            column: "Status".into(),
            value: "Closed Won".into(),
            stage: OutcomeStage::Won,
            at: Some("Close Date".into()),
        };
        assert_eq!(guess.outcomes, [won]);
    }

    #[test]
    fn values_decide_where_names_mislead() {
        let guess =
            guessed("Who,Email,Id,Created,Converted\na@b.example,yes,1,soon,1\nc@d.example,no,1,later,0\n");
        // `yes` and `no` are not addresses, the ids are identical, and no value is a time.
        assert_eq!(fields(&guess), [("email", "Who")]);
        assert_eq!(guess.at, None);
        assert_eq!(
            (guess.outcomes[0].value.as_str(), guess.outcomes[0].stage),
            ("1", OutcomeStage::SalesQualified)
        );
    }
}
