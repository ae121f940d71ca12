//! Lead import: the upload, and the mapping of its columns.

mod mapping;

pub use mapping::ImportMapping;

use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use store::runs::unfinished::{self, UnfinishedUpload};

use crate::actions::runs::CancelUpload;
use crate::error::{Error, Result};
use crate::islands::{Upload, UploadTexts};
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::texts;
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
        <h1>{texts().import_title()}</h1>
        <span class="meta">{texts().import_about()}</span>
        <a class="btn push" href="/runs?kind=import">{texts().import_earlier()}</a>
    };
    // The decimal separator of the viewer's number format.
    let mark = number::decimal(0.5, 1).trim_matches(|letter: char| letter.is_ascii_digit()).to_owned();
    let body = view! {
        <form class="import-file" data-upload="" method="post" action="/import/upload" enctype="multipart/form-data">
            <p class="answer-line">{texts().import_choose()}</p>
            <label class="label">
                {texts().import_file()}
                <input class="field" type="file" name="file" accept=".csv,.tsv,.txt,.xlsx,.ndjson,.jsonl,text/csv,text/tab-separated-values,text/plain,application/x-ndjson,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" required />
            </label>
            <p class="tone" data-a="bad" data-upload-problem="" hidden></p>
            <button class="btn primary">{icon(Icon::Upload)}{texts().import_upload()}</button>
            <ul class="meta">
                <li>{texts().import_hint_header()}</li>
                <li>{texts().import_hint_resume()}</li>
                <li>{texts().import_hint_check()}</li>
            </ul>
        </form>
        <Upload mark texts=upload_texts() />
        {(!unfinished.is_empty()).then(|| table(&unfinished, here.clock))}
    };
    Ok(PageContent { title: texts().import_title(), bar: bar.into_any(), body: body.into_any() })
}

/// Returns the texts of the upload, with the placeholders that it fills.
fn upload_texts() -> UploadTexts {
    let (file, done, total, left) = ("{file}", "{done}", "{total}", "{left}");
    UploadTexts {
        resume: texts().import_upload_resume(),
        cancel: texts().import_cancel_upload(),
        started: texts().import_upload_started(file),
        progress: texts().import_upload_progress(file, done, total),
        seconds_left: texts().import_upload_seconds_left(file, done, total),
        minutes_left: texts().import_upload_minutes_left(file, done, total, left),
        hours_left: texts().import_upload_hours_left(file, done, total, left),
        checking: texts().import_upload_checking(done, total),
        finishing: texts().import_upload_finishing(),
        lost: texts().import_upload_lost(),
        retrying: texts().import_upload_retrying(),
        unreadable: texts().import_upload_unreadable(),
        signed_out: texts().import_upload_signed_out(),
        refused: texts().import_upload_refused("{status}"),
        sizes: [
            texts().import_size_kilobytes("{size}"),
            texts().import_size_megabytes("{size}"),
            texts().import_size_gigabytes("{size}"),
        ],
    }
}

fn table(unfinished: &[UnfinishedUpload], clock: Clock) -> impl IntoView + use<> {
    let row = |upload: &UnfinishedUpload| {
        let arrived = texts().import_unfinished_of(size(upload.received), size(upload.bytes));
        view! {
            <tr>
                <th scope="row">{upload.file_name.clone()}</th>
                <td data-l=texts().import_unfinished_uploaded() class="arrived">
                    <label>
                        <span>{arrived}</span>
                        <progress max=upload.bytes.to_string() value=upload.received.to_string()></progress>
                    </label>
                </td>
                <td class="num" data-l=texts().import_unfinished_last()>{clock.stamp(upload.updated_at)}</td>
                <td class="end">
                    <form method="post" action=CancelUpload::PATH>
                        <input type="hidden" name="upload" value=upload.id.to_string() />
                        <button class="btn" aria-label=texts().import_cancel_upload_of(&upload.file_name)>{texts().import_cancel_upload()}</button>
                    </form>
                </td>
            </tr>
        }
    };
    let rows = unfinished.iter().map(row).collect_view();
    view! {
        <section class="stacked-sections unfinished-uploads" data-upload-rest="" aria-labelledby="h-unfinished">
            <h2 id="h-unfinished">{texts().import_unfinished()}</h2>
            <p class="meta">{texts().import_unfinished_about()}</p>
            <table class="table stack">
                <caption class="sr">{texts().import_unfinished_caption()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts().import_unfinished_file()}</th>
                        <th scope="col">{texts().import_unfinished_uploaded()}</th>
                        <th scope="col" class="num">{texts().import_unfinished_last()}</th>
                        <th scope="col"><span class="sr">{texts().import_cancel_upload()}</span></th>
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
        ..1_000 => texts().import_size_bytes(bytes, number::count(bytes)),
        1_000..1_000_000 => texts().import_size_kilobytes(number::count(bytes / 1_000)),
        1_000_000..1_000_000_000 => texts().import_size_megabytes(number::decimal(bytes as f64 / 1e6, 1)),
        _ => texts().import_size_gigabytes(number::decimal(bytes as f64 / 1e9, 2)),
    }
}
