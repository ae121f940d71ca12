//! Reads reference lists from CSV.

use super::lists::ReferenceList;
use super::table::csv::delimiter;
use crate::limits;
use crate::problem::Problem;
use crate::tabular::{CsvRecords, RawRecord, RecordSource as _};

/// Headers that identify the column of the entries.
const HEADERS: [&str; 4] = ["company", "domain", "name", "value"];

/// The maximum number of bytes in one entry; no company name is longer.
const ENTRY_BYTES: usize = 1_000;

/// The maximum number of problems reported for one file; more than a screen is of no use.
const PROBLEMS: usize = 100;

impl ReferenceList {
    /// Reads a list from CSV with commas or semicolons, and reports the lines that could not be used.
    ///
    /// If a cell of the first line is `company`, `domain`, `name` or `value` (in any case; the first of them in
    /// this order wins), the line is a header and the entries are in that column. Otherwise, there is no header
    /// and the entries are in the first column.
    pub fn from_csv(bytes: &[u8]) -> (Self, Vec<Problem>) {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut records = CsvRecords::new(bytes, delimiter(bytes));
        let mut list = Self::default();
        let mut problems = Problems::default();
        let mut column = None;
        loop {
            let RawRecord { line, cells } = match records.next_record() {
                Ok(Some(Ok(record))) => record,
                Ok(Some(Err(broken))) => {
                    problems.add(Problem::at("", format!("Line {}: {}", broken.line, broken.reason)));
                    continue;
                }
                Ok(None) => break,
                Err(error) => {
                    problems.add(Problem::at("", format!("The file could not be read as CSV: {error}.")));
                    break;
                }
            };
            if column.is_none() {
                let header = header(&cells);
                column = Some(header.unwrap_or(0));
                if header.is_some() {
                    continue;
                }
            }
            let cell = cells.get(column.unwrap_or(0)).map(Vec::as_slice).unwrap_or_default();
            if let Err(message) = list.add(cell) {
                problems.add(Problem::at("", format!("Line {line}: {message}")));
            }
            if list.len() >= limits::LIST_ENTRIES && !records.is_at_end().unwrap_or(true) {
                problems.add(Problem::at(
                    "",
                    format!(
                        "Line {line}: a list can have at most {} entries; the rest is skipped.",
                        limits::LIST_ENTRIES
                    ),
                ));
                break;
            }
        }
        (list, problems.finish())
    }

    fn add(&mut self, cell: &[u8]) -> Result<(), String> {
        let entry = std::str::from_utf8(cell).map_err(|_| "the text is not UTF-8.".to_owned())?.trim();
        if entry.len() > ENTRY_BYTES {
            return Err(format!("an entry can have at most {ENTRY_BYTES} bytes; is a quote unclosed?"));
        }
        if entry.is_empty() {
            return Err("the entry is empty.".into());
        }
        if !self.insert(entry) {
            return Err(format!("`{entry}` is already in the list, or contains no letters."));
        }
        Ok(())
    }
}

/// Collects problems up to a limit, and counts the rest.
#[derive(Default)]
struct Problems {
    kept: Vec<Problem>,
    more: usize,
}

impl Problems {
    fn add(&mut self, problem: Problem) {
        if self.kept.len() < PROBLEMS {
            self.kept.push(problem);
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<Problem> {
        if self.more > 0 {
            let lines = if self.more == 1 { "line has" } else { "lines have" };
            self.kept.push(Problem::at("", format!("{} more {lines} problems.", self.more)));
        }
        self.kept
    }
}

/// Returns the column of the entries, if this line is a header.
fn header(cells: &[Vec<u8>]) -> Option<usize> {
    let is = |cell: &[u8], name: &str| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
    HEADERS.iter().find_map(|name| cells.iter().position(|cell| is(cell, name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let (list, problems) = ReferenceList::from_csv(text.as_bytes());
        (
            list.entries().map(str::to_owned).collect(),
            problems.into_iter().map(|problem| problem.message).collect(),
        )
    }

    #[test]
    fn the_first_column_without_a_header() {
        assert_eq!(read("Initech,1\nGlobex,2\n").0, ["Initech", "Globex"]);
    }

    #[test]
    fn a_named_column_with_bom_crlf_quotes_and_semicolons() {
        let text = "\u{feff}id;Company;country\r\n1;\"Initech; Inc.\";US\r\n2;\"Said \"\"Globex\"\"\";DE\r\n";
        assert_eq!(read(text), (vec!["Initech; Inc.".into(), "Said \"Globex\"".into()], vec![]));
    }

    #[test]
    fn a_header_may_be_all_there_is_of_a_column_name() {
        assert_eq!(read("domain\nacme.example\n").0, ["acme.example"]);
        assert_eq!(read("Name Ltd\n").0, ["Name Ltd"]);
    }

    #[test]
    fn unusable_lines_are_reported_by_number() {
        let (entries, problems) = read("company\nAcme\n\nacme.\n\"\"\nGlobex\n");
        assert_eq!(entries, ["Acme", "Globex"]);
        assert_eq!(
            problems,
            [
                "Line 4: `acme.` is already in the list, or contains no letters.",
                "Line 5: the entry is empty."
            ]
        );
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for text in ["company\na\n\n\"x\ny\"\na", "company\r\na\r\n\r\n\"x\r\ny\"\r\na\r\n"] {
            assert_eq!(read(text).1, ["Line 6: `a` is already in the list, or contains no letters."]);
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_reported() {
        let (list, problems) = ReferenceList::from_csv(b"Acme\n\xff\xfe\n");
        assert_eq!((list.len(), problems.len()), (1, 1));
        assert_eq!(problems[0].message, "Line 2: the text is not UTF-8.");
    }

    #[test]
    fn an_unclosed_quote_hides_no_entry() {
        let (entries, problems) = read("Acme\n\"Globex\nInitech\n\"Umbrella\"\n");
        assert_eq!(entries, ["Acme", "Initech", "Umbrella"]);
        assert!(problems[0].starts_with("Line 2: The quote opened on line 2 is not closed"), "{problems:?}");
    }

    #[test]
    fn problems_are_bounded() {
        let (_, problems) = read(&"Acme\n".repeat(1_000));
        assert_eq!(problems.len(), PROBLEMS + 1);
        assert_eq!(problems[PROBLEMS], "899 more lines have problems.");
    }
}
