//! Turns the texts of `locales/` into functions, one a text, whose parameters are typed.

use std::path::Path;
use std::process::ExitCode;

use fluent_typed::{BuildOptions, FtlOutputOptions, LintLevel, build_from_locales_folder};

fn main() -> ExitCode {
    // Islands show the texts that the server gave them, so none is shipped to a browser.
    if std::env::var_os("CARGO_FEATURE_SSR").is_none() {
        return ExitCode::SUCCESS;
    }
    let Some(out) = std::env::var_os("OUT_DIR") else { return ExitCode::FAILURE };
    let path = |name: &str| Path::new(&out).join(name).to_string_lossy().into_owned();
    build_from_locales_folder(
        BuildOptions::default()
            .with_output_file_path(&path("texts.rs"))
            .with_ftl_output(FtlOutputOptions::single_file(&path("texts.ftl")))
            .with_prefix("")
            .with_lint_level(LintLevel::Strict)
            // The generated code is not committed, and rustfmt is not installed everywhere.
            .without_format()
            // Names that people gave are isolated by the element that shows them.
            .without_bidi_isolation(),
    )
}
