//! Reads reference lists from CSV.

use super::lists::{EVERYONE, ReferenceList};
use super::matching::MatchKey;
use super::table::csv::delimiter;
use crate::problem::Problem;
use crate::tabular::{CsvRecords, RawRecord, RecordSource as _};

/// Headers that identify columns of entries. Every column of the first group of which the file has one is read: a company and its
/// domain are two ways to recognise it.
const HEADERS: [&[&str]; 3] = [&["company", "domain"], &["name"], &["value"]];

/// The maximum number of bytes in one entry; no company name is longer.
const ENTRY_BYTES: usize = 1_000;

/// The maximum number of problems reported for one file; more than a screen is of no use.
const PROBLEMS: usize = 100;

impl ReferenceList {
    /// Reads a list from CSV with commas or semicolons, and reports the lines that could not be used.
    ///
    /// If a cell of the first line is `company`, `domain`, `name` or `value` (in any case), the line is a header. The
    /// entries are in the columns `company` and `domain`, or else in `name`, or else in `value`. Otherwise, there is
    /// no header and the entries are in the first column.
    ///
    /// Stops where the list becomes too large, see [`ReferenceList::excess`].
    pub fn from_csv(bytes: &[u8]) -> (Self, Vec<Problem>) {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut records = CsvRecords::new(bytes, delimiter(bytes));
        let mut list = Self::default();
        let mut problems = Problems::default();
        let mut columns = None;
        let mut lines = Vec::new();
        let mut free_mail: Vec<(u64, String)> = Vec::new();
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
            if columns.is_none() {
                let header = header(&cells);
                let is_header = !header.is_empty();
                columns = Some(if is_header { header } else { vec![0] });
                if is_header {
                    continue;
                }
            }
            let read = columns.iter().flatten();
            let read = read.map(|column| cells.get(*column).map(Vec::as_slice).unwrap_or_default());
            let known = list.len();
            if let Err(message) = list.add_line(read, line, &mut lines) {
                problems.add(Problem::at("", format!("Line {line}: {message}")));
            }
            let added = (known..list.len()).filter_map(|index| list.entry(index));
            free_mail.extend(
                added.filter(|entry| list.is_unconfirmed(entry)).map(|entry| (line, entry.to_owned())),
            );
            if let Some(message) = list.excess() {
                return (list, vec![Problem::at("", format!("Line {line}: {message}"))]);
            }
        }
        // A later line can confirm them.
        for (line, entry) in free_mail.into_iter().filter(|(_, entry)| list.is_unconfirmed(entry)) {
            let message = format!(
                "Line {line}: anyone can have an address at `{entry}`, so it identifies no company and matches nothing. \
                 Write `*@{entry}` if everyone there is meant, or add the line `{EVERYONE}` if the list is about such \
                 domains."
            );
            problems.add(Problem::at("", message).suggest(Some(format!("*@{entry}"))));
        }
        (list, problems.finish())
    }

    /// Adds the cells of a line, of which some may be empty; `lines` has the line of each entry so far.
    fn add_line<'c>(
        &mut self,
        cells: impl Iterator<Item = &'c [u8]>,
        line: u64,
        lines: &mut Vec<u64>,
    ) -> Result<(), String> {
        let mut cells = cells.filter(|cell| !cell.trim_ascii().is_empty()).peekable();
        if cells.peek().is_none() {
            return Err("the entry is empty.".into());
        }
        let mut problem = Ok(());
        for cell in cells {
            if let Err(message) = self.add(cell, line, lines) {
                problem = Err(message);
            }
            lines.resize(self.len(), line);
        }
        problem
    }

    fn add(&mut self, cell: &[u8], line: u64, lines: &[u64]) -> Result<(), String> {
        let entry = std::str::from_utf8(cell).map_err(|_| "the text is not UTF-8.".to_owned())?.trim();
        if entry.len() > ENTRY_BYTES {
            return Err(format!("an entry can have at most {ENTRY_BYTES} bytes; is a quote unclosed?"));
        }
        if entry.starts_with("*@") && entry != EVERYONE && MatchKey::of_entry(entry).is_none() {
            return Err(format!("`{entry}` is no domain; write it as in `*@gmail.com`."));
        }
        if self.insert(entry) {
            return Ok(());
        }
        match self.index_of(entry).and_then(|index| lines.get(index)) {
            // A company can be called by its domain.
            Some(first) if *first == line => Ok(()),
            Some(first) => Err(format!("`{entry}` is a duplicate of line {first}, skipped.")),
            None => Err(format!("`{entry}` has no letters or digits, skipped.")),
        }
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

/// Returns the columns of the entries, or none if this line is no header.
fn header(cells: &[Vec<u8>]) -> Vec<usize> {
    let is = |cell: &[u8], name: &str| cell.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
    let columns = |names: &&[&str]| -> Vec<usize> {
        names.iter().filter_map(|name| cells.iter().position(|cell| is(cell, name))).collect()
    };
    HEADERS.iter().map(columns).find(|columns| !columns.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

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
    fn companies_and_their_domains_are_both_kept() {
        let text = "id,Domain,company,name\n1,acme.example,Acme Inc,Jane\n2,,Globex,Omar\n3,initech.example,,Ann\n4,,,Bo\n5,ACME.example,Acme Ltd,Kim\n6,hooli.example,hooli.example,X\n7,,...,Y\n";
        let (entries, problems) = read(text);
        assert_eq!(
            entries,
            ["Acme Inc", "acme.example", "Globex", "initech.example", "Acme Ltd", "hooli.example"]
        );
        assert_eq!(
            problems,
            [
                "Line 5: the entry is empty.",
                "Line 6: `ACME.example` is a duplicate of line 2, skipped.",
                "Line 8: `...` has no letters or digits, skipped.",
            ]
        );
        assert_eq!(read("name,value\nJane,1\n").0, ["Jane"]);
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
            ["Line 4: `acme.` is a duplicate of line 2, skipped.", "Line 5: the entry is empty."]
        );
    }

    #[test]
    fn lines_are_counted_whatever_ends_them() {
        for text in ["company\na\n\n\"x\ny\"\na", "company\r\na\r\n\r\n\"x\r\ny\"\r\na\r\n"] {
            assert_eq!(read(text).1, ["Line 6: `a` is a duplicate of line 2, skipped."]);
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
    fn free_mail_is_warned_of_unless_confirmed() {
        let (entries, problems) = read("domain\nacme.com\ngmail.com\nWEB.DE\n*@gmx.net\n");
        assert_eq!(entries, ["acme.com", "gmail.com", "WEB.DE", "*@gmx.net"]);
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems[0].starts_with("Line 3: anyone can have an address at `gmail.com`, so it identifies")
        );
        assert!(problems[1].contains("Write `*@WEB.DE` if everyone there is meant"), "{problems:?}");
        assert_eq!(read("domain\ngmail.com\nweb.de\n*@*\n").1, [""; 0]);
        assert_eq!(
            read("domain\n*@nothing\n").1,
            ["Line 2: `*@nothing` is no domain; write it as in `*@gmail.com`."]
        );
    }

    #[test]
    fn a_list_is_read_until_it_is_too_large() {
        let entry = |n: usize| format!("{n:0>width$}\n", width = ENTRY_BYTES);
        let fitting = limits::LIST_BYTES / ENTRY_BYTES;
        let text: String = (0..fitting).map(entry).collect();
        let (list, problems) = ReferenceList::from_csv(text.as_bytes());
        assert_eq!((list.len(), problems.len(), list.excess()), (fitting, 0, None));
        let (list, problems) = ReferenceList::from_csv(text.repeat(2).replace('0', "x").as_bytes());
        assert_eq!((list.excess(), problems.len()), (None, PROBLEMS + 1), "duplicates take no space");
        let more = text + &entry(fitting) + &entry(fitting + 1);
        let message = "The entries of a list can have at most 24 MiB together.";
        let (list, problems) = ReferenceList::from_csv(more.as_bytes());
        assert_eq!(list.excess().as_deref(), Some(message));
        assert_eq!(problems[0].message, format!("Line {}: {message}", fitting + 1));
    }

    #[test]
    fn problems_are_bounded() {
        let (_, problems) = read(&"Acme\n".repeat(1_000));
        assert_eq!(problems.len(), PROBLEMS + 1);
        assert_eq!(problems[PROBLEMS], "899 more lines have problems.");
    }
}
