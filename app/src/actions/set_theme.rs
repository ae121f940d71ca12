//! Choice of the colour theme.

use leptos::prelude::*;

use super::{LocalPath, allowed, connection, lead_to, set_cookie};
use crate::context::Theme;
use crate::error::{Error, Result};
use crate::texts::texts;

/// The cookie that stores the theme.
pub const THEME_COOKIE: &str = "meshline_theme";
/// Lifetime of the cookie in seconds: one year.
const MAX_AGE_S: u32 = 365 * 24 * 60 * 60;

/// Stores the theme (`auto`, `light` or `dark`) in this browser, then redirects to `next`, a path of this site.
///
/// # Errors
/// Returns an error if the theme does not exist.
#[server(prefix = "/actions", endpoint = "set-theme")]
pub async fn set_theme(
    /// The colours.
    theme: String,
    /// Where to go then.
    #[server(default)]
    next: Option<String>,
) -> Result<(), Error> {
    allowed::<SetTheme>()?;
    let theme: Theme =
        theme.parse().map_err(|_| Error::Invalid { message: texts().frame_theme_unknown() })?;
    let secure = if connection()?.secure_cookies { "; Secure" } else { "" };
    let name: &str = theme.into();
    set_cookie(&format!(
        "{THEME_COOKIE}={name}; Path=/; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax{secure}"
    ))?;
    let next = next.as_deref().and_then(LocalPath::parse).unwrap_or_else(|| LocalPath::next(None));
    lead_to(&next)
}
