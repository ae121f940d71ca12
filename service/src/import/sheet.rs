//! Reads the first visible sheet of a spreadsheet (XLSX) row by row.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, XlsxError};
use engine::tabular::{BrokenRecord, DataTable, Dialect, RawRecord, RecordSource};

use super::source::{COLUMNS, LeadTable, unreadable};
use crate::error::{Error, Result};

/// Maximum size of a spreadsheet. Larger tables are faster to export as CSV.
const FILE_BYTES: u64 = 50 * 1024 * 1024;
/// Maximum unpacked size of the parts that are kept in memory.
const PART_BYTES: u64 = 256 * 1024 * 1024;
/// Number of rows to read ahead.
const AHEAD: usize = 64;
/// Integers from here on are not exact in a spreadsheet.
const EXACT: f64 = 1e15;

type Row = io::Result<std::result::Result<RawRecord, BrokenRecord>>;

/// The rows of a sheet, which a thread reads: the library's reader of cells borrows from the workbook.
struct SheetRows {
    ahead: VecDeque<Row>,
    rows: Receiver<Row>,
    is_over: bool,
}

impl RecordSource for SheetRows {
    fn next_record(&mut self) -> io::Result<Option<std::result::Result<RawRecord, BrokenRecord>>> {
        if self.is_over {
            return Ok(None);
        }
        let row = self.ahead.pop_front().or_else(|| self.rows.recv().ok());
        self.is_over = row.is_none();
        row.transpose()
    }
}

/// Opens the first visible sheet of a file.
pub(super) fn open(file: File, bytes: &Arc<AtomicU64>) -> Result<LeadTable> {
    let length = file.metadata().map_err(unreadable)?.len();
    if length > FILE_BYTES {
        return Err(Error::Invalid(
            "a spreadsheet can have at most 50 MB; save it as “CSV UTF-8”, which can have 2 GB".into(),
        ));
    }
    check_size(&file)?;
    let workbook = Xlsx::new(BufReader::new(file)).map_err(|error| match error {
        XlsxError::Io(error) => unreadable(error),
        XlsxError::Password => Error::Invalid("the spreadsheet has a password; save it without one".into()),
        error => broken(&error),
    })?;
    let (sender, rows) = sync_channel(AHEAD);
    let bytes = bytes.clone();
    std::thread::spawn(move || {
        let read = read(workbook, &sender);
        bytes.store(length, Ordering::Relaxed);
        if let Err(error) = read {
            sender.send(Err(error)).ok();
        }
    });
    let mut rows = SheetRows { ahead: VecDeque::new(), rows, is_over: false };
    rows.ahead.extend(rows.rows.iter().take(AHEAD));
    let first = rows.ahead.iter().skip(1).filter_map(|row| row.as_ref().ok()?.as_ref().ok());
    let first: Vec<RawRecord> = first.cloned().collect();
    let table = DataTable::new(rows, Dialect::default(), &first).map_err(unreadable)?;
    let table = table.map_err(|problem| Error::Invalid(problem.message))?;
    Ok(table.boxed())
}

/// Refuses a file whose parts are too large when unpacked.
fn check_size(file: &File) -> Result<()> {
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| broken(&error))?;
    for place in 0..archive.len() {
        let mut part = archive.by_index(place).map_err(|error| broken(&error))?;
        // Sheets are read piece by piece.
        let name = part.name().map_err(|error| broken(&error))?;
        if name.starts_with("xl/worksheets/") || name.starts_with("xl/media/") {
            continue;
        }
        let unpacked = io::copy(&mut part.by_ref().take(PART_BYTES + 1), &mut io::sink())
            .map_err(|error| broken(&error))?;
        if unpacked > PART_BYTES {
            return Err(Error::Invalid(
                "the spreadsheet is too large when unpacked; save it as “CSV UTF-8”".into(),
            ));
        }
    }
    Ok(())
}

fn broken(error: &dyn std::fmt::Display) -> Error {
    Error::Invalid(format!(
        "the spreadsheet cannot be read ({error}); open it and save it again, or save it as “CSV UTF-8”"
    ))
}

fn read(mut workbook: Xlsx<BufReader<File>>, sender: &SyncSender<Row>) -> io::Result<()> {
    let invalid = |error: XlsxError| match error {
        XlsxError::Io(error) => error,
        error => {
            io::Error::new(io::ErrorKind::InvalidData, format!("the spreadsheet cannot be read: {error}"))
        }
    };
    let sheets = workbook.sheets_metadata().iter();
    let sheet = sheets
        .filter(|sheet| sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible)
        .map(|sheet| sheet.name.clone())
        .next();
    let Some(sheet) = sheet else { return Ok(()) };
    let mut cells = workbook.worksheet_cells_reader(&sheet).map_err(invalid)?;
    let mut row: Option<(u32, Vec<Vec<u8>>, bool)> = None;
    while let Some(cell) = cells.next_cell().map_err(invalid)? {
        let (line, column) = cell.get_position();
        if row.as_ref().is_none_or(|(current, ..)| *current != line) {
            if let Some(row) = row.take()
                && sender.send(Ok(record(row))).is_err()
            {
                return Ok(());
            }
            row = Some((line, Vec::new(), false));
        }
        let text = text(cell.get_value());
        let (Some((_, texts, is_wide)), false) = (&mut row, text.is_empty()) else { continue };
        let column = column as usize;
        if column >= COLUMNS {
            *is_wide = true;
            continue;
        }
        if texts.len() <= column {
            texts.resize(column + 1, Vec::new());
        }
        texts[column] = text.into_bytes();
    }
    if let Some(row) = row {
        sender.send(Ok(record(row))).ok();
    }
    Ok(())
}

fn record((row, cells, is_wide): (u32, Vec<Vec<u8>>, bool)) -> std::result::Result<RawRecord, BrokenRecord> {
    let line = u64::from(row) + 1;
    if is_wide {
        let reason = format!("The row has a value beyond column {COLUMNS}; remove it.");
        return Err(BrokenRecord { line, reason, raw: cells.join(&b'\t'), quote_line: line });
    }
    Ok(RawRecord { line, cells })
}

/// Returns the text of a cell, with dates as ISO 8601.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Bool(value) => (if *value { "TRUE" } else { "FALSE" }).to_owned(),
        DataRef::Int(value) => value.to_string(),
        DataRef::Float(value) => number(*value),
        DataRef::DateTime(at) => instant(at),
        DataRef::Error(error) => error.to_string(),
    }
}

/// Formats a number. One that is not exact any more keeps its exponent, so that nothing takes it for an id.
fn number(value: f64) -> String {
    if value.abs() >= EXACT { format!("{value:E}").replace('E', "E+") } else { value.to_string() }
}

fn instant(at: &ExcelDateTime) -> String {
    let serial = at.as_f64();
    let (year, month, day, hour, minute, second, milli) = at.to_ymd_hms_milli();
    let time = match milli {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        milli => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    };
    if at.is_duration() {
        number(serial)
    } else if (0.0..1.0).contains(&serial) {
        time
    } else if serial.fract() == 0.0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{time}")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use engine::tabular::DataRow;

    use super::*;

    /// Returns a spreadsheet with a hidden sheet and one with these rows.
    pub(in super::super) fn written(rows: &str) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let package = "http://schemas.openxmlformats.org/package/2006";
        let sheet =
            |rows: &str| format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>");
        let relation = |id: &str, kind: &str, target: &str| {
            format!("<Relationship Id=\"{id}\" Type=\"{office}/{kind}\" Target=\"{target}\"/>")
        };
        let relations =
            |all: String| format!("<Relationships xmlns=\"{package}/relationships\">{all}</Relationships>");
        let parts = [
            (
                "[Content_Types].xml",
                format!(
                    "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
                ),
            ),
            ("_rels/.rels", relations(relation("r1", "officeDocument", "xl/workbook.xml"))),
            (
                "xl/workbook.xml",
                format!(
                    "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"Old\" sheetId=\"1\" state=\"hidden\" r:id=\"r1\"/><sheet name=\"Leads\" sheetId=\"2\" r:id=\"r2\"/></sheets></workbook>"
                ),
            ),
            (
                "xl/_rels/workbook.xml.rels",
                relations(
                    relation("r1", "worksheet", "worksheets/sheet1.xml")
                        + &relation("r2", "worksheet", "worksheets/sheet2.xml")
                        + &relation("r3", "sharedStrings", "sharedStrings.xml")
                        + &relation("r4", "styles", "styles.xml"),
                ),
            ),
            (
                "xl/sharedStrings.xml",
                format!("<sst xmlns=\"{main}\"><si><t>Id</t></si><si><t>Jürgen; \"J\"</t></si></sst>"),
            ),
            (
                "xl/styles.xml",
                format!(
                    "<styleSheet xmlns=\"{main}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"22\"/></cellXfs></styleSheet>"
                ),
            ),
            ("xl/worksheets/sheet1.xml", sheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>")),
            ("xl/worksheets/sheet2.xml", sheet(rows)),
        ];
        for (name, text) in parts {
            archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    const ROWS: &str = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"inlineStr\"><is><t>Name</t></is></c><c r=\"C1\" t=\"inlineStr\"><is><t>Created</t></is></c><c r=\"D1\" t=\"inlineStr\"><is><t>Won</t></is></c></row>\
        <row r=\"2\"><c r=\"A2\"><v>7</v></c><c r=\"B2\" t=\"s\"><v>1</v></c><c r=\"C2\" s=\"1\"><v>45047.585416666669</v></c><c r=\"D2\" t=\"b\"><v>1</v></c></row>\
        <row r=\"4\"><c r=\"A4\"><v>1.2345678901234568E+18</v></c><c r=\"C4\" s=\"1\"><v>45047</v></c></row>\
        <row r=\"5\"><c r=\"A5\" t=\"inlineStr\"><is><t> </t></is></c></row>\
        <row r=\"6\"><c r=\"A6\"><v>1.5</v></c><c r=\"D6\" t=\"e\"><v>#N/A</v></c></row>";

    fn table(bytes: &[u8]) -> Result<LeadTable> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        open(file, &Arc::default())
    }

    #[test]
    fn the_visible_sheet_is_read_with_its_dates_and_lines() {
        let mut table = table(&written(ROWS)).unwrap();
        assert_eq!(
            (table.columns().join(","), table.dialect().to_string()),
            ("Id,Name,Created,Won".into(), "spreadsheet".into())
        );
        let mut rows = Vec::new();
        while let Some(row) = table.next_row().unwrap() {
            rows.push(match row {
                DataRow::Cells { line, cells } => (line, cells.join("|")),
                DataRow::Blank { line } => (line, "blank".into()),
                DataRow::Broken(row) => panic!("{row:?}"),
            });
        }
        let expected = [
            (2, "7|Jürgen; \"J\"|2023-05-01T14:03:00|TRUE"),
            (4, "1.2345678901234568E+18||2023-05-01|"),
            (5, "blank"),
            (6, "1.5|||#N/A"),
        ];
        assert_eq!(rows, expected.map(|(line, row)| (line, row.to_owned())));
        // The id was rounded, and says so.
        assert_eq!(
            engine::identity::external_id("1.2345678901234568E+18"),
            Err(engine::identity::NoId::Rounded)
        );
    }

    #[test]
    fn a_broken_spreadsheet_is_refused_with_a_remedy() {
        let whole = written(ROWS);
        for bytes in [&whole[..whole.len() / 2], b"PK\x03\x04"] {
            let error = table(bytes).err().unwrap();
            assert!(matches!(&error, Error::Invalid(why) if why.contains("CSV UTF-8")), "{error}");
        }
    }

    #[test]
    fn a_part_that_unpacks_without_end_is_refused() {
        let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        archive.start_file("xl/sharedStrings.xml", zip::write::SimpleFileOptions::default()).unwrap();
        let zeros = vec![b' '; 1024 * 1024];
        for _ in 0..=PART_BYTES / 1024 / 1024 {
            archive.write_all(&zeros).unwrap();
        }
        let error = table(&archive.finish().unwrap().into_inner()).err().unwrap();
        assert!(error.to_string().contains("too large when unpacked"), "{error}");
    }
}
