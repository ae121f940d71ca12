use proptest::prelude::*;

use super::*;

/// A reader that returns a few bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(self.1).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

type Read1 = Vec<(u64, Result<Vec<String>, String>)>;

fn read_by(text: &[u8], step: usize) -> Read1 {
    let mut records = CsvRecords::new(Slow(text, step), b',');
    let mut all = Vec::new();
    while let Some(record) = records.next_record().unwrap() {
        all.push(match record {
            Ok(record) => {
                let cells = record.cells.into_iter().map(|cell| String::from_utf8(cell).unwrap());
                (record.line, Ok(cells.collect()))
            }
            Err(broken) => (broken.line, Err(String::from_utf8(broken.raw).unwrap())),
        });
    }
    all
}

fn read(text: &str) -> Read1 {
    let whole = read_by(text.as_bytes(), usize::MAX);
    assert_eq!(read_by(text.as_bytes(), 1), whole, "pieces make no difference: {text:?}");
    whole
}

fn good(line: u64, cells: &[&str]) -> (u64, Result<Vec<String>, String>) {
    (line, Ok(cells.iter().map(|cell| (*cell).to_owned()).collect()))
}

fn bad(line: u64, raw: &str) -> (u64, Result<Vec<String>, String>) {
    (line, Err(raw.to_owned()))
}

#[test]
fn records_know_their_lines_whatever_ends_them() {
    let text = "a,b\n1,x\n\n2,\"two\nlines\"\n\n\n3, x \n4,";
    for end in ["\n", "\r\n", "\r"] {
        for tail in ["", "\n", "\n\n"] {
            let text = format!("{text}{tail}").replace('\n', end);
            let two = format!("two{end}lines");
            let expected = [
                good(1, &["a", "b"]),
                good(2, &["1", "x"]),
                good(4, &["2", &two]),
                good(8, &["3", " x "]),
                good(9, &["4", ""]),
            ];
            assert_eq!(read(&text), expected, "{text:?}");
        }
    }
    assert_eq!(read("a, \"b,c\" ,\"\"\"\"\n"), [good(1, &["a", "b,c", "\""])]);
    assert_eq!(read(""), []);
    assert_eq!(read("\n\r\n\r"), []);
}

#[test]
fn a_quote_that_is_never_closed_costs_one_line() {
    assert_eq!(
        read("a,b\n1,\"x\n2,y\n3,z\n"),
        [good(1, &["a", "b"]), bad(2, "1,\"x"), good(3, &["2", "y"]), good(4, &["3", "z"])]
    );
    // The next quote seems to close it.
    assert_eq!(
        read("1,\"x\n2,\"y\"\n3,\"z\"\n"),
        [bad(1, "1,\"x"), good(2, &["2", "y"]), good(3, &["3", "z"])]
    );
    // The record begins before the line of the quote.
    assert_eq!(read("\"a\nb\",\"x\n2,y\n"), [bad(1, "\"a\nb\",\"x"), good(3, &["2", "y"])]);
    assert_eq!(read("1,\"x"), [bad(1, "1,\"x")]);
    assert_eq!(read("1,x\n\""), [good(1, &["1", "x"]), bad(2, "\"")]);
}

#[test]
fn a_quote_inside_a_cell_is_a_letter_only_where_nothing_is_quoted() {
    assert_eq!(read("1,5\" pipe\n2,x"), [good(1, &["1", "5\" pipe"]), good(2, &["2", "x"])]);
    assert_eq!(
        read("\"a\",b\n1,5\" pipe\n2,x"),
        [good(1, &["a", "b"]), bad(2, "1,5\" pipe"), good(3, &["2", "x"])]
    );
}

#[test]
fn what_has_no_end_is_refused_in_bounded_memory() {
    let endless = || io::repeat(b'x').take(1 << 40);
    for start in ["a\nb\n\"", "a\nb\n", "", "a"] {
        let mut records = CsvRecords::new(start.as_bytes().chain(endless()), b',');
        let error = loop {
            match records.next_record() {
                Ok(Some(_)) => assert!(records.buffer.len() < 4 * RECORD_BYTES),
                Ok(None) => panic!("it has no end"),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("is longer than 1 MiB; a quote may be unclosed"), "{error}");
    }
    // Its lines end, but its quote does not.
    let text = format!("a\n\"x\n{}", "y\n".repeat(RECORD_BYTES));
    let all = read_by(text.as_bytes(), usize::MAX);
    assert_eq!((&all[1], all.len()), (&bad(2, "\"x"), 2 + RECORD_BYTES));
}

#[test]
fn a_failing_reader_is_reported_and_not_taken_for_the_end() {
    struct Fails<'a>(&'a [u8]);
    impl Read for Fails<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::from_raw_os_error(5)),
                count => Ok(count),
            }
        }
    }
    for text in ["a\nb\n", "a\nb", "a\n\"b"] {
        let mut records = CsvRecords::new(Fails(text.as_bytes()), b',');
        let error = loop {
            match records.next_record() {
                Ok(Some(record)) => assert!(record.is_ok(), "{text:?}"),
                Ok(None) => panic!("{text:?} ends"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.raw_os_error(), Some(5));
        assert!(records.next_record().is_err(), "asked again, it fails again");
    }
}

/// Writes a cell, in quotes where it has to be or by choice.
fn written(cell: &str, is_quoted: bool) -> String {
    if is_quoted || cell.contains([',', '"', '\n', '\r']) || cell.starts_with(' ') {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_written_is_read(rows in prop::collection::vec(prop::collection::vec(("[a,\"\n ]{0,4}", any::<bool>()), 2..4), 1..6)) {
        let text: String = rows.iter().map(|row| {
            row.iter().map(|(cell, quoted)| written(cell, *quoted)).collect::<Vec<_>>().join(",") + "\n"
        }).collect();
        let expected: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|(cell, _)| cell.clone()).collect()).collect();
        let found: Vec<Vec<String>> = read(&text).into_iter().map(|(_, record)| record.unwrap()).collect();
        prop_assert_eq!(found, expected);
    }

    /// Whatever single quote is lost or added, each row is there or something is reported.
    #[test]
    fn a_broken_quote_never_loses_a_row_silently(
        rows in prop::collection::vec(("[a,\"\n ]{0,4}", "[a,\"\n ]{0,4}", any::<[bool; 2]>()), 1..8),
        place in any::<prop::sample::Index>(),
        is_added in any::<bool>(),
    ) {
        let mut text = String::from("id,one,two\n");
        for (n, (one, two, quoted)) in rows.iter().enumerate() {
            text.push_str(&format!("row{n},{},{}\n", written(one, quoted[0]), written(two, quoted[1])));
        }
        let quotes: Vec<usize> = text.match_indices('"').map(|(at, _)| at).collect();
        let at = if is_added || quotes.is_empty() { place.index(text.len()) } else { *place.get(&quotes) };
        if is_added || quotes.is_empty() {
            text.insert(at, '"');
        } else {
            text.remove(at);
        }
        let found = read(&text);
        let lines = text.lines().count() as u64;
        for (line, record) in &found {
            prop_assert!((1..=lines).contains(line));
            if let Err(raw) = record {
                prop_assert!(text.contains(raw.as_str()));
            }
        }
        if found.iter().all(|(_, record)| record.is_ok()) {
            for n in 0..rows.len() {
                let id = format!("row{n}");
                let is_there = found.iter().any(|(_, record)| {
                    record.as_ref().is_ok_and(|cells| cells[0].replace('"', "") == id)
                });
                prop_assert!(is_there, "{} is missing from {:?} of {:?}", id, found, text);
            }
        }
    }
}
