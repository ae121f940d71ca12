//! Reads tables that people export from spreadsheets and CRMs: the encoding, the delimiter, the records, and the
//! rows below a header. Every file of leads is read here, whether it is imported or simulated.
//!
//! Architecture invariant: no record is dropped without a word. What cannot be read is returned as a [`BrokenRow`]
//! with its line, and reading continues on the next line.

mod cell;
mod dialect;
mod encoding;
mod records;
mod table;

pub use cell::{decimal_point, harmless, with_clear_comma};
pub use dialect::Dialect;
pub use encoding::{DecodedText, EncodingScan, TextEncoding};
pub use records::{BrokenRecord, CsvRecords, RawRecord, RecordSource};
pub use table::{BrokenRow, DataRow, DataTable, TextTable, UNKNOWN_ENCODING};
