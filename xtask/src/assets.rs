//! Writes the site's files: named after their content, each also compressed, with a manifest.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Map, Value};

use crate::secrets;

/// The compression effort.
#[derive(Clone, Copy)]
pub enum Effort {
    /// The best compression that takes no noticeable time.
    Quick,
    /// The best compression.
    Best,
}

/// Writes a site: files in `pkg/`, then the manifest.
pub struct Writer {
    folder: PathBuf,
    effort: Effort,
    manifest: Map<String, Value>,
    sizes: Vec<Size>,
}

/// The sizes of a file, in bytes.
pub struct Size {
    /// The logical name.
    pub name: String,
    /// The uncompressed size.
    pub raw_bytes: usize,
    /// The size in brotli.
    pub brotli_bytes: usize,
}

impl Writer {
    /// Starts a site in an empty folder.
    ///
    /// # Errors
    /// Returns an error if the folder cannot be created.
    pub fn new(folder: &Path, effort: Effort) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder.join("pkg")).with_context(|| format!("making {}", folder.display()))?;
        Ok(Self { folder: folder.to_path_buf(), effort, manifest: Map::new(), sizes: Vec::new() })
    }

    /// Adds a file with its `.br` and `.gz` versions. Returns the hashed name.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written.
    pub fn add(&mut self, name: &str, content: &[u8]) -> Result<String> {
        let hashed = hashed_name(name, content);
        let path = self.folder.join("pkg").join(&hashed);
        let brotli = brotli(content, self.effort)?;
        write(&path, content)?;
        write(&appended(&path, ".br"), &brotli)?;
        write(&appended(&path, ".gz"), &gzip(content, self.effort)?)?;
        self.manifest.insert(name.to_owned(), Value::String(format!("pkg/{hashed}")));
        self.sizes.push(Size { name: name.to_owned(), raw_bytes: content.len(), brotli_bytes: brotli.len() });
        Ok(hashed)
    }

    /// Writes the manifest, which maps logical names to paths in the site. Returns the sizes.
    ///
    /// # Errors
    /// Returns an error if the manifest cannot be written.
    pub fn finish(self) -> Result<Vec<Size>> {
        let text = serde_json::to_string_pretty(&Value::Object(self.manifest))?;
        write(&self.folder.join("manifest.json"), text.as_bytes())?;
        Ok(self.sizes)
    }
}

/// Moves a finished folder to `place`, replacing what is there, so that a partial folder is never visible.
///
/// # Errors
/// Returns an error if the folder cannot be renamed.
pub fn replace(finished: &Path, place: &Path) -> Result<()> {
    let old = appended(place, ".old");
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    if place.exists() {
        fs::rename(place, &old)?;
    }
    fs::rename(finished, place).with_context(|| format!("putting {} in place", place.display()))?;
    if old.exists() {
        fs::remove_dir_all(&old)?;
    }
    Ok(())
}

/// Inserts the hash of the content: `main.css` becomes `main.0123456789abcdef.css`.
fn hashed_name(name: &str, content: &[u8]) -> String {
    let hash = secrets::short_hash(content);
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
        None => format!("{name}.{hash}"),
    }
}

fn appended(path: &Path, suffix: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(suffix);
    PathBuf::from(text)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    File::create(path)
        .and_then(|mut file| file.write_all(content))
        .with_context(|| format!("writing {}", path.display()))
}

/// Compresses with brotli.
///
/// # Errors
/// Returns an error if compression fails.
pub fn brotli(content: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let quality = match effort {
        Effort::Quick => 3,
        Effort::Best => 11,
    };
    let parameters = brotli::enc::BrotliEncoderParams { quality, lgwin: 22, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut packed, &parameters)?;
    Ok(packed)
}

/// Compresses with gzip.
///
/// # Errors
/// Returns an error if compression fails.
pub fn gzip(content: &[u8], effort: Effort) -> Result<Vec<u8>> {
    let level = match effort {
        Effort::Quick => Compression::fast(),
        Effort::Best => Compression::best(),
    };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_the_hash_before_the_extension() {
        let name = hashed_name("meshline_bg.wasm", b"x");
        assert_eq!(name, "meshline_bg.2d711642b726b044.wasm");
        assert_ne!(name, hashed_name("meshline_bg.wasm", b"y"));
    }

    #[test]
    fn both_compressions_round_trip() {
        let text = b"lead qualification as infrastructure ".repeat(100);
        for effort in [Effort::Quick, Effort::Best] {
            let mut unpacked = Vec::new();
            brotli::BrotliDecompress(&mut &brotli(&text, effort).unwrap()[..], &mut unpacked).unwrap();
            assert_eq!(unpacked, text);
            let mut unpacked = Vec::new();
            let mut reader = flate2::write::GzDecoder::new(&mut unpacked);
            reader.write_all(&gzip(&text, effort).unwrap()).unwrap();
            reader.finish().unwrap();
            assert_eq!(unpacked, text);
        }
    }
}
