//! The document around every page.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::app::App;
use crate::context::{Request, Theme};

/// The whole HTML document. The head is written here rather than by Leptos: it would put the nonce into `crossorigin`
/// of its preloads (leptos#4843), and start the islands on pages that have none.
pub fn shell() -> impl IntoView {
    let request = Request::current();
    let asset = |name: &str| request.as_ref().and_then(|request| request.assets.get(name)).map(|path| format!("/{path}"));
    let theme = request.as_ref().map(|request| request.theme).filter(|theme| *theme != Theme::Auto);
    let nonce = request.as_ref().map(|request| request.nonce.to_string());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.map(<&'static str>::from)>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                {asset("main.css").map(|path| view! { <link rel="stylesheet" href=path /> })}
                {asset("meshline.js").map(|path| view! { <script type="module" nonce=nonce>{start_islands(&path)}</script> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The script that fetches the WebAssembly and wakes the islands, on pages that have one, once the browser is idle.
/// Nothing waits for it.
fn start_islands(path: &str) -> String {
    format!(
        "const islands=document.querySelectorAll('leptos-island');\
         if(islands.length)(window.requestIdleCallback||setTimeout)(async()=>{{\
         const m=await import('{path}');await m.default();m.hydrate();\
         for(const i of islands)m[i.dataset.component]?.(i)}})"
    )
}
