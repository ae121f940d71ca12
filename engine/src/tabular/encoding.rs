//! The encoding of a text file: UTF-8, UTF-16 or Windows-1252, with or without a byte order mark.

use std::io::{self, Read};

/// An encoding of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, little-endian, as in a spreadsheet's "Unicode Text".
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// Windows-1252, as western editions of Windows save CSV.
    Windows1252,
}

impl TextEncoding {
    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le | Self::Utf16Be => "UTF-16",
            Self::Windows1252 => "Windows-1252",
        }
    }

    /// Detects the encoding of a whole file; returns `None` if it is not a text in one of these encodings.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn detect(file: &mut impl Read) -> io::Result<Option<Self>> {
        let mut scan = EncodingScan::default();
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(scan.encoding()),
                Ok(count) => scan.add(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn decoder(self) -> Option<encoding_rs::Decoder> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le => Some(encoding_rs::UTF_16LE.new_decoder_with_bom_removal()),
            Self::Utf16Be => Some(encoding_rs::UTF_16BE.new_decoder_with_bom_removal()),
            Self::Windows1252 => Some(encoding_rs::WINDOWS_1252.new_decoder_without_bom_handling()),
        }
    }
}

/// Number of bytes per read.
const BUFFER_BYTES: usize = 64 * 1024;
/// Number of bytes at the start of a file in which UTF-16 shows by its zero bytes.
const START_BYTES: usize = 4 * 1024;
/// Number of letters beyond ASCII from which on their arrangement shows a script that Windows-1252 does not have.
const TELLING: u64 = 8;

/// Collects what identifies the encoding of a file, piece by piece.
#[derive(Debug, Default)]
pub struct EncodingScan {
    start: Vec<u8>,
    /// The end of the last piece, which may be the beginning of a character.
    open: Vec<u8>,
    valid: u64,
    invalid: u64,
    high: u64,
    adjacent: u64,
    undefined: u64,
    has_nul: bool,
    was_high: bool,
}

impl EncodingScan {
    /// Adds the next bytes of the file.
    pub fn add(&mut self, bytes: &[u8]) {
        let missing = START_BYTES.saturating_sub(self.start.len());
        self.start.extend_from_slice(&bytes[..missing.min(bytes.len())]);
        if bytes.is_ascii() && self.open.is_empty() {
            self.was_high = false;
            self.has_nul |= bytes.contains(&0);
            return;
        }
        for byte in bytes {
            let is_high = *byte >= 0x80;
            self.high += u64::from(is_high);
            self.adjacent += u64::from(is_high && self.was_high);
            self.undefined += u64::from(matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D));
            self.has_nul |= *byte == 0;
            self.was_high = is_high;
        }
        self.open.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.open);
        let mut rest = bytes.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    self.valid += beyond_ascii(text);
                    return;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    self.valid += beyond_ascii(std::str::from_utf8(good).unwrap_or_default());
                    match error.error_len() {
                        Some(length) => {
                            self.invalid += 1;
                            rest = &bad[length..];
                        }
                        None => {
                            self.open = bad.to_vec();
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Returns the encoding of the bytes so far, or `None` if they are not a text in a known encoding.
    pub fn encoding(&self) -> Option<TextEncoding> {
        match self.start.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => return Some(TextEncoding::Utf8),
            [0xFF, 0xFE, ..] => return Some(TextEncoding::Utf16Le),
            [0xFE, 0xFF, ..] => return Some(TextEncoding::Utf16Be),
            _ => {}
        }
        if self.has_nul {
            return self.utf16();
        }
        let invalid = self.invalid + u64::from(!self.open.is_empty());
        if invalid == 0 || self.valid > invalid {
            return Some(TextEncoding::Utf8);
        }
        // In western languages, letters beyond ASCII rarely stand side by side; in other scripts they nearly always do.
        let is_other_script = self.high >= TELLING && self.adjacent * 2 > self.high;
        (self.undefined == 0 && !is_other_script).then_some(TextEncoding::Windows1252)
    }

    /// Returns the byte order of UTF-16 without a mark: ASCII letters have a zero byte on one side.
    fn utf16(&self) -> Option<TextEncoding> {
        let zeros = |at: usize| self.start.iter().skip(at).step_by(2).filter(|byte| **byte == 0).count() * 5;
        let half = self.start.len() / 2;
        match (zeros(0), zeros(1)) {
            (0, odd) if odd > half => Some(TextEncoding::Utf16Le),
            (even, 0) if even > half => Some(TextEncoding::Utf16Be),
            _ => None,
        }
    }
}

fn beyond_ascii(text: &str) -> u64 {
    if text.is_ascii() { 0 } else { text.chars().filter(|letter| !letter.is_ascii()).count() as u64 }
}

/// A file decoded to UTF-8. A file that is UTF-8 already passes as it is, so that its invalid bytes can be reported where
/// they are.
pub struct DecodedText<R> {
    inner: R,
    decoder: Option<encoding_rs::Decoder>,
    raw: Vec<u8>,
    /// The part of `raw` that is not decoded yet.
    left: std::ops::Range<usize>,
    is_flushed: bool,
    read: u64,
    /// The rest of a character that was decoded for a smaller buffer.
    spill: Vec<u8>,
}

impl<R: Read> DecodedText<R> {
    /// Decodes a file of an encoding.
    pub fn new(inner: R, encoding: TextEncoding) -> Self {
        let decoder = encoding.decoder();
        let raw = if decoder.is_some() { vec![0; BUFFER_BYTES] } else { Vec::new() };
        Self { inner, decoder, raw, left: 0..0, is_flushed: false, read: 0, spill: Vec::new() }
    }

    /// Returns the number of bytes read from the file.
    pub fn bytes_read(&self) -> u64 {
        self.read
    }
}

impl<R: Read> Read for DecodedText<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.spill.is_empty() {
            let count = self.spill.len().min(buffer.len());
            buffer[..count].copy_from_slice(&self.spill[..count]);
            self.spill.drain(..count);
            return Ok(count);
        }
        // A character may need four bytes; the decoder writes none in part.
        if self.decoder.is_some() && (1..4).contains(&buffer.len()) {
            let mut whole = [0; 4];
            let count = self.read(&mut whole)?;
            self.spill.extend_from_slice(&whole[..count]);
            return if count == 0 { Ok(0) } else { self.read(buffer) };
        }
        let Some(decoder) = &mut self.decoder else {
            let count = self.inner.read(buffer)?;
            self.read += count as u64;
            return Ok(count);
        };
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.is_flushed {
                return Ok(0);
            }
            let mut is_last = false;
            if self.left.is_empty() {
                let count = self.inner.read(&mut self.raw)?;
                self.read += count as u64;
                self.left = 0..count;
                is_last = count == 0;
            }
            let (result, taken, written, _) =
                decoder.decode_to_utf8(&self.raw[self.left.clone()], buffer, is_last);
            self.left.start += taken;
            self.is_flushed = is_last && result == encoding_rs::CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(bytes: &[u8]) -> Option<TextEncoding> {
        let whole = TextEncoding::detect(&mut &*bytes).unwrap();
        let mut scan = EncodingScan::default();
        bytes.chunks(1).for_each(|piece| scan.add(piece));
        assert_eq!(scan.encoding(), whole, "pieces make no difference: {bytes:?}");
        whole
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        use TextEncoding::{Utf8, Utf16Be, Utf16Le, Windows1252};
        let text = "Name;Firma\nJürgen Müller;Café\n";
        assert_eq!(detected(text.as_bytes()), Some(Utf8));
        assert_eq!(detected(b"Name\nAna\n"), Some(Utf8));
        assert_eq!(detected(b""), Some(Utf8));
        assert_eq!(detected(b"\xEF\xBB\xBFName\n\xFF"), Some(Utf8));
        let (windows, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        assert_eq!(detected(&windows), Some(Windows1252));
        assert_eq!(detected(&utf16(text, false)), Some(Utf16Le));
        assert_eq!(detected(&utf16(text, true)), Some(Utf16Be));
        assert_eq!(detected(&[&[0xFF, 0xFE][..], &utf16("株式会社", false)].concat()), Some(Utf16Le));
        assert_eq!(detected(&[&[0xFE, 0xFF][..], &utf16("株式会社", true)].concat()), Some(Utf16Be));
        // One broken letter does not make a file of UTF-8 another one.
        assert_eq!(
            detected("äöü\n".as_bytes().iter().copied().chain(*b"\xFF\n").collect::<Vec<_>>().as_slice()),
            Some(Utf8)
        );
    }

    #[test]
    fn what_is_no_text_in_a_known_encoding_is_not_guessed() {
        let (japanese, _, _) = encoding_rs::SHIFT_JIS.encode("会社名,担当者\n株式会社アクメ,山田太郎\n");
        let (russian, _, _) = encoding_rs::WINDOWS_1251.encode("Имя,Компания\nИван Петров,Акме\n");
        for bytes in [&japanese[..], &russian[..], b"PK\x03\x04\x00\x00\x00\x01", b"\x00\x00\x00\x00"] {
            assert_eq!(detected(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn texts_are_decoded_however_they_are_read() {
        let text = "Jürgen — 株式会社 🦀\n".repeat(5_000);
        for (bytes, encoding) in [
            (utf16(&text, false), TextEncoding::Utf16Le),
            (utf16(&format!("\u{feff}{text}"), true), TextEncoding::Utf16Be),
            (text.clone().into_bytes(), TextEncoding::Utf8),
        ] {
            for size in [1, 3, 4, 7, 1_000, 100_000] {
                let mut decoded = DecodedText::new(bytes.as_slice(), encoding);
                let (mut all, mut buffer) = (Vec::new(), vec![0; size]);
                loop {
                    match decoded.read(&mut buffer).unwrap() {
                        0 => break,
                        count => all.extend_from_slice(&buffer[..count]),
                    }
                }
                assert!(all == text.as_bytes(), "{encoding:?} by {size}");
                assert_eq!(decoded.bytes_read(), bytes.len() as u64);
            }
        }
    }
}
