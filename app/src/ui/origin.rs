//! Where the browser found this server.

use http::header;
use http::request::Parts;
use leptos::prelude::use_context;

/// The address before the path as the browser has it, for example `http://127.0.0.1:3000`.
pub fn of_browser() -> String {
    let host = use_context::<Parts>()
        .and_then(|parts| parts.headers.get(header::HOST)?.to_str().ok().map(str::to_owned));
    let host = host.unwrap_or_else(|| "127.0.0.1:3000".into());
    let is_local = ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local));
    format!("{}://{host}", if is_local { "http" } else { "https" })
}
