//! Builds the site: the files in `MESHLINE_SITE_DIR` that the server sends to browsers.

use std::path::Path;

use anyhow::{Result, bail};

use crate::assets::{self, Effort, Size, Writer};
use crate::styles;
use crate::wasm::{self, Mode};
use crate::workspace::Workspace;

/// Builds WebAssembly and styles, and then replaces the folder at `place`.
///
/// # Errors
/// Returns an error if something does not compile or cannot be written.
pub fn build(workspace: &Workspace, mode: Mode, place: &Path) -> Result<Vec<Size>> {
    let effort = match mode {
        Mode::Development => Effort::Quick,
        Mode::Shipped => Effort::Best,
    };
    let half = place.with_extension("half-made");
    let mut site = Writer::new(&half, effort)?;
    for (bundle, bound) in wasm::build(workspace, mode)? {
        let module = format!("{}_bg.wasm", bundle.name);
        let hashed = site.add(&module, &bound.module)?;
        let script = pointing_to(&bound.script, &module, &hashed)?;
        site.add(&format!("{}.js", bundle.name), script.as_bytes())?;
    }
    let main = workspace.root.join("style/main.css");
    if !main.is_file() {
        bail!("style/main.css does not exist");
    }
    site.add("main.css", styles::bundle(&main)?.as_bytes())?;
    let sizes = site.finish()?;
    assets::replace(&half, place)?;
    Ok(sizes)
}

/// Returns the script with the hashed name of the module it loads.
fn pointing_to(script: &str, module: &str, hashed: &str) -> Result<String> {
    let quoted = format!("'{module}'");
    if script.matches(&quoted).count() != 1 {
        bail!(
            "the script does not refer to {module} exactly once; the output of wasm-bindgen may have changed"
        );
    }
    Ok(script.replace(&quoted, &format!("'{hashed}'")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_points_to_the_hashed_module() {
        let script = "module_or_path = new URL('m_bg.wasm', import.meta.url);";
        let pointed = pointing_to(script, "m_bg.wasm", "m_bg.12.wasm").unwrap();
        assert_eq!(pointed, "module_or_path = new URL('m_bg.12.wasm', import.meta.url);");
        assert!(pointing_to("no name", "m_bg.wasm", "m_bg.12.wasm").is_err());
    }
}
