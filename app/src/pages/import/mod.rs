//! Importing leads from a file: the upload, and which of its columns means what.

mod mapping;

pub use mapping::ImportMapping;

use leptos::prelude::*;

use crate::error::Result;
use crate::pages::frame::{Here, Page, page};
use crate::pages::places::Section;
use crate::ui::icon::{Icon, icon};

/// The page to upload a file on.
#[component]
pub fn ImportUpload() -> impl IntoView {
    page(Section::Import, load)
}

async fn load(_here: Here) -> Result<Page> {
    let bar = view! {
        <h1>"Import leads"</h1>
        <span class="meta">"Leads of the past, decided as of their own time"</span>
    };
    let body = view! {
        <form class="stacked upload" method="post" action="/import/upload" enctype="multipart/form-data">
            <label class="label">
                "CSV or NDJSON file, up to 2 GB"
                <input class="field" type="file" name="file" accept=".csv,.tsv,.txt,.ndjson,.jsonl,text/csv,application/x-ndjson" required />
            </label>
            <p class="meta">"CSV has a header and commas or semicolons. Nothing is imported yet: the next page shows the first rows and asks which column means what."</p>
            <p class="row">
                <button class="btn primary">{icon(Icon::Upload)}"Upload file"</button>
                <a class="btn" href="/runs?kind=import">"Earlier imports"</a>
            </p>
        </form>
    };
    Ok(Page { title: "Import leads".into(), bar: bar.into_any(), body: body.into_any() })
}
