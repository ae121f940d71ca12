//! Builds the style sheet: one minified file for browsers from 2025 on.

use std::path::Path;

use anyhow::{Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};

/// Bundles the style sheet with everything it imports. No targets are set, so nothing is rewritten for old browsers: nesting,
/// `light-dark()` and cascade layers are kept.
///
/// # Errors
/// Returns an error if a file is missing or is not valid CSS; the message contains file, line and column.
pub fn bundle(main: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut sheet = Bundler::new(&files, None, ParserOptions::default())
        .bundle(main)
        .map_err(|error| anyhow!("{}: {error}", main.display()))?;
    sheet.minify(MinifyOptions::default()).map_err(|error| anyhow!("{}: {error}", main.display()))?;
    let options = PrinterOptions { minify: true, ..PrinterOptions::default() };
    let printed = sheet.to_css(options).map_err(|error| anyhow!("{}: {error}", main.display()))?;
    Ok(printed.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modern_css_is_bundled_and_not_rewritten() {
        let folder = std::env::temp_dir().join(format!("meshline-styles-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("base.css"), ":root { color: light-dark(#111111, #eeeeee); }").unwrap();
        let main = "@layer base, page;\n@import 'base.css' layer(base);\n\
                    @layer page { main { & p { color: oklch(50% 0.1 200); inset-inline: 1rem; } } }";
        std::fs::write(folder.join("main.css"), main).unwrap();
        let css = bundle(&folder.join("main.css")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            css,
            "@layer base{:root{color:light-dark(#111,#eee)}}\
             @layer page{main{& p{color:oklch(50% .1 200);inset-inline:1rem}}}"
        );
    }
}
