//! CSV files for spreadsheets.

pub use engine::tabular::harmless;

/// The maximum number of rows in a file. Longer lists have to be filtered, or read through the API.
pub const MAX_ROWS: usize = 100_000;

/// Writes rows as CSV (RFC 4180) and escapes each cell with [`harmless`].
///
/// # Errors
/// Returns an error if the rows differ in length.
pub fn to_csv(rows: impl IntoIterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .quote_style(csv::QuoteStyle::Never)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.iter().map(|cell| quoted(&harmless(cell))))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// Quotes a cell that contains any delimiter, not only the one that is written.
fn quoted(cell: &str) -> String {
    let is_plain = !cell.contains([',', ';', '\t', '|', '"', '\r', '\n']) && cell.trim() == cell;
    if is_plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
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
    fn a_file_is_harmless_under_every_delimiter() {
        let file = to_csv([vec!["x".to_owned(), "Acme;=1+1".into(), "a\t@b".into(), "-5".into()]]).unwrap();
        let file = String::from_utf8(file).unwrap();
        assert_eq!(file, "x,\"Acme;'=1+1\",\"a\t'@b\",-5\r\n");
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
