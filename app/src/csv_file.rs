//! CSV files for spreadsheets.

/// The maximum number of rows in a file. Longer lists have to be filtered, or read through the API.
pub const MAX_ROWS: usize = 100_000;

/// Escapes a cell that a spreadsheet would evaluate as a formula (OWASP, CSV Injection). Numbers stay numbers.
pub fn escape_formula(cell: &str) -> String {
    let is_number = || cell.parse::<f64>().is_ok_and(f64::is_finite);
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && !is_number() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Writes rows as CSV (RFC 4180) and escapes each cell with [`escape_formula`].
///
/// # Errors
/// Returns an error if the rows differ in length.
pub fn to_csv(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| escape_formula(cell)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Returns the cell of an optional text.
pub fn text(text: Option<String>) -> String {
    text.unwrap_or_default()
}

/// Returns the cell of an optional instant.
pub fn instant(at: Option<chrono::DateTime<chrono::Utc>>) -> String {
    at.map(engine::time::stamp).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_no_formula() {
        for formula in [
            "=1+1",
            "+1+1",
            "-1+1",
            "@x",
            "\t=1",
            "\r=1",
            "\n=1",
            "+49 170 1",
            "-",
            "-inf",
            "+NaN",
            "=HYPERLINK(\"x\")",
        ] {
            assert_eq!(escape_formula(formula), format!("'{formula}"));
        }
        for number in ["-1", "+1", "-0.5", "-1e5", "7"] {
            assert_eq!(escape_formula(number), number);
        }
        assert_eq!(escape_formula("a=1"), "a=1");
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let rows = [
            vec!["a,\"b\"".to_owned(), "two\r\nlines".into(), "ü".into()],
            vec!["=x".into(), String::new(), "-5".into()],
        ];
        let file = to_csv(rows).unwrap();
        assert_eq!(String::from_utf8(file).unwrap(), "\"a,\"\"b\"\"\",\"two\r\nlines\",ü\r\n'=x,,-5\r\n");
    }
}
