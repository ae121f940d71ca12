//! Lead import: the upload, and the mapping of its columns.

mod mapping;

pub use mapping::ImportMapping;

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::runs::unfinished::{self, UnfinishedUpload};

use crate::actions::runs::CancelUpload;
use crate::error::{Error, Result};
use crate::islands::Upload;
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::ui::clock::Clock;
use crate::ui::icon::{Icon, icon};
use crate::ui::number;

/// Renders the upload page.
#[component]
pub fn ImportUpload() -> impl IntoView {
    page(Section::Import, load)
}

async fn load(here: PageContext) -> Result<PageContent> {
    let viewer = here.request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let unfinished = unfinished::of_person(&here.request.store, viewer.id).await?;
    let bar = view! {
        <h1>"Import leads"</h1>
        <span class="meta">"Past leads, evaluated at their original time"</span>
        <a class="btn push" href="/runs?kind=import">"Earlier imports"</a>
    };
    // The decimal separator of the viewer's number format.
    let mark = number::decimal(0.5, 1).trim_matches(|letter: char| letter.is_ascii_digit()).to_owned();
    let body = view! {
        <form class="import-file" data-upload="" method="post" action="/import/upload" enctype="multipart/form-data">
            <p class="answer-line">"Choose a file of up to 2\u{a0}GB, or a spreadsheet of up to 50\u{a0}MB."</p>
            <label class="label">
                "CSV, Excel (.xlsx) or NDJSON file"
                <input class="field" type="file" name="file" accept=".csv,.tsv,.txt,.xlsx,.ndjson,.jsonl,text/csv,text/tab-separated-values,text/plain,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" required />
            </label>
            <p class="tone" data-a="bad" data-upload-problem="" hidden></p>
            <button class="btn primary">{icon(Icon::Upload)}"Upload file"</button>
            <ul class="meta">
                <li>"The first row has to name the columns. Delimiters, encodings and decimal commas are recognized."</li>
                <li>"An upload that is interrupted resumes: choose the same file again."</li>
                <li>"Nothing is imported yet. You check the columns first."</li>
            </ul>
        </form>
        <Upload mark />
        {(!unfinished.is_empty()).then(|| table(&unfinished, here.clock))}
    };
    Ok(PageContent { title: "Import leads".into(), bar: bar.into_any(), body: body.into_any() })
}

fn table(unfinished: &[UnfinishedUpload], clock: Clock) -> impl IntoView + use<> {
    let row = |upload: &UnfinishedUpload| {
        let arrived = format!("{} of {}", size(upload.received), size(upload.bytes));
        view! {
            <tr>
                <th scope="row">{upload.file_name.clone()}</th>
                <td data-l="Arrived" class="arrived">
                    <label>
                        <span>{arrived}</span>
                        <progress max=upload.bytes.to_string() value=upload.received.to_string()></progress>
                    </label>
                </td>
                <td class="num" data-l="Last part">{clock.stamp(upload.updated_at)}</td>
                <td class="end">
                    <form method="post" action=CancelUpload::PATH>
                        <input type="hidden" name="upload" value=upload.id.to_string() />
                        <button class="btn">"Cancel upload"<span class="sr">{format!(" of {}", upload.file_name)}</span></button>
                    </form>
                </td>
            </tr>
        }
    };
    let rows = unfinished.iter().map(row).collect_view();
    view! {
        <section class="stacked-sections unfinished-uploads" data-upload-rest="" aria-labelledby="h-unfinished">
            <h2 id="h-unfinished">"Unfinished uploads"</h2>
            <p class="meta">"Choose the same file above to resume. Unfinished uploads are deleted after three days."</p>
            <table class="table stack">
                <caption class="sr">"Files that have arrived in part"</caption>
                <thead>
                    <tr>
                        <th scope="col">"File"</th>
                        <th scope="col">"Arrived"</th>
                        <th scope="col" class="num">"Last part"</th>
                        <th scope="col"><span class="sr">"Cancel"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

/// Formats a file size.
fn size(bytes: i64) -> String {
    match bytes {
        ..1_000 => number::plural(bytes, "byte", "bytes"),
        1_000..1_000_000 => format!("{}\u{a0}kB", number::count(bytes / 1_000)),
        1_000_000..1_000_000_000 => format!("{}\u{a0}MB", number::decimal(bytes as f64 / 1e6, 1)),
        _ => format!("{}\u{a0}GB", number::decimal(bytes as f64 / 1e9, 2)),
    }
}
