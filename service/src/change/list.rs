//! Edits of lists: files that people upload, and single entries.

use std::borrow::Cow;
use std::io::Cursor;

use calamine::{Data, Reader as _};

/// Maximum size of an Excel file after unpacking. A million names need a tenth of it.
const UNPACKED_BYTES: u64 = 512 * 1024 * 1024;

/// What becomes of the entries that a list has, when a file is uploaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum UploadMode {
    /// They stay, and those of the file are added.
    #[default]
    Add,
    /// The entries of the file replace them.
    Replace,
}

/// Why a file is not a list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListFileError {
    /// The file has no entries.
    #[error("The file has no entries.")]
    Empty,
    /// The file is of another type.
    #[error("This is {0}, not a list. Upload a CSV or Excel file.")]
    OtherType(&'static str),
    /// The list has too many entries, or too much text; contains the line and the limit, as a sentence.
    #[error("{0}")]
    TooLarge(String),
    /// The Excel file cannot be read.
    #[error("This Excel file could not be read: {0}. Save it as CSV and upload that.")]
    Workbook(String),
    /// The text is in another encoding.
    #[error("This file is not text in UTF-8. In Excel, save it as \u{201c}CSV UTF-8\u{201d} or as .xlsx.")]
    Encoding,
}

/// The first bytes of files that are often mistaken for lists.
const OTHER_TYPES: &[(&[u8], &str)] = &[
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "an image"),
    (b"\xFF\xD8\xFF", "an image"),
    (b"GIF8", "an image"),
    (b"\x1F\x8B", "a compressed file"),
    (b"Rar!", "a compressed file"),
    (b"7z\xBC\xAF", "a compressed file"),
    (b"{\\rtf", "a text document"),
];

/// Returns an uploaded file as the text of a list, in CSV. Excel files are converted: their first sheet that is not empty.
///
/// # Errors
/// Returns an error if the file is not a list, or has no entries.
pub fn list_text(bytes: &[u8]) -> Result<String, ListFileError> {
    if let Some((_, name)) = OTHER_TYPES.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(ListFileError::OtherType(name));
    }
    let is_zip = bytes.starts_with(b"PK\x03\x04");
    let text = if is_zip || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        if is_zip && unpacked_bytes(bytes) > UNPACKED_BYTES {
            return Err(ListFileError::Workbook("it is too large".into()));
        }
        Cow::Owned(workbook_text(bytes)?)
    } else {
        decoded(bytes)?
    };
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let (list, problems) = engine::rules::ReferenceList::from_csv(text.as_bytes());
    if list.is_empty() {
        return Err(ListFileError::Empty);
    }
    match problems.first() {
        Some(problem) if list.excess().is_some() => Err(ListFileError::TooLarge(problem.message.clone())),
        _ => Ok(text),
    }
}

/// Decodes a text in UTF-8, or in UTF-16 with a byte order mark, as Excel saves "Unicode Text".
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, ListFileError> {
    let units = |from_bytes: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes[2..].chunks_exact(2).map(|pair| from_bytes([pair[0], pair[1]])).collect()
    };
    let text = match bytes {
        [0xFF, 0xFE, ..] => String::from_utf16(&units(u16::from_le_bytes)).ok().map(Cow::Owned),
        [0xFE, 0xFF, ..] => String::from_utf16(&units(u16::from_be_bytes)).ok().map(Cow::Owned),
        _ => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
    };
    text.filter(|text| !text.contains('\0')).ok_or(ListFileError::Encoding)
}

/// Writes the first sheet with cells as CSV.
fn workbook_text(bytes: &[u8]) -> Result<String, ListFileError> {
    let failed = |error: &dyn std::fmt::Display| ListFileError::Workbook(error.to_string());
    let mut workbook = calamine::open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|_| {
        if bytes.starts_with(b"PK") {
            ListFileError::OtherType("a compressed file or a document of another type")
        } else {
            ListFileError::OtherType("a document of another type")
        }
    })?;
    let names = workbook.sheet_names();
    for name in names {
        let range = workbook.worksheet_range(&name).map_err(|error| failed(&error))?;
        if range.is_empty() {
            continue;
        }
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        for row in range.rows() {
            let cells: Vec<String> = row.iter().map(cell).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                writer.write_record(&cells).map_err(|error| failed(&error))?;
            }
        }
        let bytes = writer.into_inner().map_err(|error| failed(&error))?;
        return String::from_utf8(bytes).map_err(|error| failed(&error));
    }
    Err(ListFileError::Empty)
}

fn cell(cell: &Data) -> String {
    match cell {
        Data::Empty | Data::Error(_) => String::new(),
        other => other.to_string().trim().to_owned(),
    }
}

/// Returns the size of a zip archive's files as its directory states it.
fn unpacked_bytes(zip: &[u8]) -> u64 {
    const ENTRY: &[u8] = b"PK\x01\x02";
    let sizes = zip.windows(28).filter(|window| window.starts_with(ENTRY));
    sizes.map(|entry| u64::from(u32::from_le_bytes([entry[24], entry[25], entry[26], entry[27]]))).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_what_it_is() {
        for (bytes, said) in [
            (&b""[..], "The file has no entries."),
            (b"company\n", "The file has no entries."),
            (b"\n \n", "The file has no entries."),
            (b"%PDF-1.7\n", "This is a PDF document, not a list. Upload a CSV or Excel file."),
            (b"\x89PNG\r\n", "This is an image, not a list. Upload a CSV or Excel file."),
            (b"c\xFF\xFE\n", "This file is not text in UTF-8."),
            (b"PK\x03\x04\0\0", "This is a compressed file or a document of another type"),
            (b"\xD0\xCF\x11\xE0\0", "This is a document of another type"),
        ] {
            let error = list_text(bytes).unwrap_err().to_string();
            assert!(error.starts_with(said), "{bytes:?}: {error}");
        }
    }

    #[test]
    fn texts_are_read_in_utf_8_and_utf_16() {
        assert_eq!(list_text("\u{feff}company\r\nCafé\r\n".as_bytes()).unwrap(), "company\nCafé\n");
        let little: Vec<u8> = "\u{feff}Café\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}Café\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(
            (list_text(&little).unwrap(), list_text(&big).unwrap()),
            ("Café\n".into(), "Café\n".into())
        );
    }

    #[test]
    fn the_first_sheet_of_an_excel_file_with_cells_is_read() {
        let file = include_bytes!("testdata/accounts.xlsx");
        assert_eq!(
            list_text(file).unwrap(),
            "Company,Domain,Since\nInitech,initech.example,2020\n\"Globex, Inc.\",,2021\n"
        );
        let (list, problems) = engine::rules::ReferenceList::from_csv(list_text(file).unwrap().as_bytes());
        let entries: Vec<&str> = list.entries().collect();
        assert_eq!(entries, ["Initech", "initech.example", "Globex, Inc."]);
        assert_eq!(problems, []);
    }

    #[test]
    fn an_archive_that_unpacks_to_gigabytes_is_refused() {
        let mut bomb = b"PK\x03\x04".to_vec();
        let mut entry = b"PK\x01\x02".to_vec();
        entry.resize(24, 0);
        entry.extend_from_slice(&u32::MAX.to_le_bytes());
        bomb.extend_from_slice(&entry);
        assert_eq!(list_text(&bomb).unwrap_err(), ListFileError::Workbook("it is too large".into()));
    }
}
