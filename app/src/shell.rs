//! The HTML document around every page.

use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::app::App;
use crate::context::{Request, Theme};
use crate::texts::texts;

/// The product's icon. It is inlined to save a request.
const FAVICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 20 20' fill='none' stroke='%236366f1' \
    stroke-width='2' stroke-linejoin='round'%3E%3Cpath d='M2.5 15.5v-11l7.5 7 7.5-7v11'/%3E%3C/svg%3E";

/// Renders the HTML document. It writes the head itself because Leptos would put the nonce into `crossorigin` of its preloads
/// (leptos#4843), and would start the islands on pages without any.
pub fn shell() -> impl IntoView {
    let request = Request::current();
    let asset = |name: &str| {
        request.as_ref().and_then(|request| request.assets.get(name)).map(|path| format!("/{path}"))
    };
    let theme = request.as_ref().map(|request| request.theme).filter(|theme| *theme != Theme::Auto);
    let nonce = request.as_ref().map(|request| request.nonce.to_string());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.map(<&'static str>::from)>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=texts().ui_description() />
                <link rel="icon" href=FAVICON />
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

/// Returns the script that loads the WebAssembly and hydrates the islands, on pages that have any. It runs once the browser is
/// idle or after a timeout, because a busy or hidden browser may never report idle. Nothing blocks on it.
fn start_islands(path: &str) -> String {
    format!(
        "const islands=document.querySelectorAll('leptos-island');\
         if(islands.length)(window.requestIdleCallback||setTimeout)(async()=>{{\
         const m=await import('{path}');await m.default();m.hydrate();\
         for(const i of islands){{const wake=m[i.dataset.component];\
         wake?wake(i):console.error('no such island',i.dataset.component)}}}},{{timeout:1000}})"
    )
}
