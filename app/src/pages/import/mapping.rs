//! Maps the columns of an uploaded file, with a preview of its first rows.

use engine::control::outcome::OutcomeStage;
use engine::time::DateOrder;
use leptos::either::Either;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos_router::hooks::{use_params_map, use_query_map};
use leptos_router::params::ParamsMap;
use service::import::ImportFolder;
use service::import::preview::{self, FilePreview, MappingGuess, SampleProblem, SampleRow};
use store::reads::frame::{WorkflowName, workflow_names};
use store::runs::uploads::{self, Upload};
use strum::VariantArray as _;
use uuid::Uuid;

use super::size;
use crate::actions::runs::{ImportFields, StartImport, blocking, data_dir};
use crate::error::{Error, Missing, Result};
use crate::pages::frame::{PageContent, PageContext, page};
use crate::pages::menu::Section;
use crate::texts::{part, texts};
use crate::ui::clock::Clock;
use crate::ui::form::{lines, once};
use crate::ui::icon::{Icon, icon};
use crate::ui::note::{Tone, note};
use crate::ui::{number, words};

/// Rows to preview, both raw and parsed.
const SHOWN: usize = 5;
/// Columns to preview in the raw view.
const COLUMNS: usize = 12;
/// Characters to show of a cell.
const CELL_CHARS: usize = 60;

/// Returns the lead's own fields: form name and label.
fn own_fields() -> [(&'static str, String); 5] {
    [
        ("email", texts().import_field_email()),
        ("external_id", texts().import_field_external_id()),
        ("name", texts().import_field_name()),
        ("company", texts().import_field_company()),
        ("domain", texts().import_field_domain()),
    ]
}

/// Renders the page that maps the columns.
#[component]
pub fn ImportMapping() -> impl IntoView {
    let id = use_params_map().read_untracked().get("id");
    let query = use_query_map().get_untracked();
    page(Section::Import, move |here| load(here, id, query))
}

async fn load(here: PageContext, id: Option<String>, query: ParamsMap) -> Result<PageContent> {
    let not_found = || Error::NotFound { what: Missing::Upload };
    let id: Uuid = id.and_then(|id| id.parse().ok()).ok_or_else(not_found)?;
    let viewer = here.request.viewer.as_ref().ok_or(Error::SignedOut)?;
    let store = &here.request.store;
    let upload = uploads::of_person(store, viewer.id, id).await?;
    let file = ImportFolder::new(data_dir(&here.request)?, id).file();
    if !file.exists() {
        return Ok(gone(&upload));
    }
    let path = file.clone();
    let look = blocking(move || preview::preview(&path)).await?;
    let workflows: Vec<WorkflowName> =
        workflow_names(store).await?.into_iter().filter(|known| known.is_live).collect();
    let zone = viewer.time_zone;
    let fields =
        fields_from_query(&query).unwrap_or_else(|| guessed(&look.guess, &workflows)).resolved(&look.columns);
    let fields = ImportFields { zone: chosen_zone(&fields.zone, zone), ..fields };
    let now = here.request.now;
    let sample = match fields.mapping(&look.columns, zone) {
        Ok(mapping) => blocking(move || preview::sample(&file, &mapping, now, SHOWN)).await,
        Err(problems) => Err(Error::Invalid { message: problems.join("\n") }),
    };
    let (answer, preview) = preview(sample, here.clock)?;
    let body = view! {
        <p class="answer-line">{answer}</p>
        <div class="import-columns">
            {form(&here, &upload, &look, &fields, &workflows).into_any()}
            <div>
                <section class="stacked-sections" aria-labelledby="h-read">
                    <h2 id="h-read">{texts().import_preview()}</h2>
                    {preview}
                </section>
                <section class="stacked-sections" aria-labelledby="h-file">
                    <h2 id="h-file">{texts().import_first_rows()}</h2>
                    {as_it_is(&look).into_any()}
                </section>
            </div>
        </div>
    };
    let bar = view! {
        <nav aria-label=texts().import_breadcrumb()><a href="/import">{texts().import_title()}</a><span aria-hidden="true">" /"</span></nav>
        <h1>{upload.file_name.clone()}</h1>
        <span class="meta">{size(upload.bytes)}</span>
        <span class="meta">{texts().import_read_as(&look.format)}</span>
    };
    Ok(PageContent {
        title: texts().import_mapping_title(&upload.file_name),
        bar: bar.into_any(),
        body: body.into_any(),
    })
}

fn gone(upload: &Upload) -> PageContent {
    let bar = view! { <h1>{upload.file_name.clone()}</h1> };
    let run = upload
        .run_id
        .map(|run| view! { <p><a href=format!("/runs/{run}")>{texts().import_to_run()}</a></p> });
    let body = view! {
        <p>{texts().import_gone()}</p>
        {run}
        <p><a class="btn" href="/import">{texts().import_upload_another()}</a></p>
    };
    PageContent { title: upload.file_name.clone(), bar: bar.into_any(), body: body.into_any() }
}

/// Returns the time zone chosen in the form, or the viewer's own.
fn chosen_zone(said: &str, own: chrono_tz::Tz) -> String {
    if said.is_empty() { own.name().to_owned() } else { said.to_owned() }
}

/// Returns the mapping from the URL, which holds the form as of the last preview.
fn fields_from_query(query: &ParamsMap) -> Option<ImportFields> {
    query.get("fields[workflow]")?;
    Some(ImportFields::read(|name| query.get(&format!("fields[{name}]")).unwrap_or_default()))
}

/// Builds the form from the mapping guessed for the file.
fn guessed(guess: &MappingGuess, workflows: &[WorkflowName]) -> ImportFields {
    let own = |field: &str| guess.fields.get(field).cloned().unwrap_or_default();
    let outcome = |place: usize| {
        guess.outcomes.get(place).map_or_else(Default::default, |outcome| {
            let at = outcome.at.clone().unwrap_or_default();
            (outcome.column.clone(), outcome.value.clone(), outcome.stage.to_string(), at)
        })
    };
    let (column1, value1, stage1, ended1) = outcome(0);
    let (column2, value2, stage2, ended2) = outcome(1);
    let (column3, value3, stage3, ended3) = outcome(2);
    ImportFields {
        workflow: workflows.first().map(|known| known.name.clone()).unwrap_or_default(),
        email: own("email"),
        external_id: own("external_id"),
        name: own("name"),
        company: own("company"),
        domain: own("domain"),
        at: guess.at.clone().unwrap_or_default(),
        zone: String::new(),
        dates: String::new(),
        more: String::new(),
        column1,
        value1,
        stage1,
        ended1,
        column2,
        value2,
        stage2,
        ended2,
        column3,
        value3,
        stage3,
        ended3,
    }
}

fn form(
    here: &PageContext,
    upload: &Upload,
    look: &FilePreview,
    fields: &ImportFields,
    workflows: &[WorkflowName],
) -> impl IntoView + use<> {
    let columns = &look.columns;
    let own = own_fields().into_iter().zip(fields.own()).map(|((name, label), (_, chosen))| {
        choice(label, format!("fields[{name}]"), texts().import_no_column(), columns, chosen)
    });
    let own = own.collect_view();
    let known: Vec<(String, String)> =
        workflows.iter().map(|known| (known.name.clone(), known.title.clone())).collect();
    let page = format!("/import/{}", upload.id);
    view! {
        <form class="import" method="post" action=StartImport::PATH>
            {once(&here.request, "start-import")}
            <input type="hidden" name="upload" value=upload.id.to_string() />
            <fieldset class="mapping">
                <legend>{texts().import_leads()}</legend>
                {named(texts().import_workflow(), "fields[workflow]".into(), None, known, &fields.workflow)}
                {own}
                {choice(texts().import_time(), "fields[at]".into(), texts().import_time_of_import(), columns, &fields.at)}
                {named(texts().import_zone(), "fields[zone]".into(), None, zones(), &fields.zone)}
                <p class="meta">{texts().import_zone_about()}</p>
                {named(texts().import_dates(), "fields[dates]".into(), Some(texts().import_dates_none()), date_formats(), &fields.dates)}
                <p class="meta">{texts().import_dates_about()}</p>
            </fieldset>
            <fieldset class="mapping outcomes">
                <legend>{texts().import_outcomes()}</legend>
                <p class="meta">{texts().import_outcomes_about()}</p>
                {outcomes(columns, fields)}
            </fieldset>
            <div class="label">
                <label for="more">{texts().import_more_fields()}</label>
                <textarea id="more" class="field" name="fields[more]" rows="2" maxlength="10000">{lines(&fields.more)}</textarea>
                <p class="meta">{texts().import_more_fields_about()}</p>
            </div>
            <div class="row actions">
                <button class="btn primary">{texts().import_start()}</button>
                <button class="btn" formmethod="get" formaction=page>{texts().import_update_preview()}</button>
            </div>
        </form>
    }
}

fn date_formats() -> Vec<(String, String)> {
    [(DateOrder::DayFirst, "31/12/2026"), (DateOrder::MonthFirst, "12/31/2026")]
        .map(|(order, example)| {
            (order.format().to_owned(), texts().import_dates_as_in(order.to_string(), example))
        })
        .into()
}

fn zones() -> Vec<(String, String)> {
    chrono_tz::TZ_VARIANTS
        .iter()
        .map(|zone| (zone.name().to_owned(), zone.name().replace('_', " ")))
        .collect()
}

fn outcomes(columns: &[String], fields: &ImportFields) -> impl IntoView + use<> {
    let stages: Vec<(String, String)> = OutcomeStage::VARIANTS
        .iter()
        .map(|known| (known.to_string(), words::stage(*known).to_owned()))
        .collect();
    let rows = (1..).zip(fields.outcomes()).map(|(place, [column, value, stage, at])| {
        let name = |part: &str| format!("fields[{part}{place}]");
        let number = number::count(place);
        view! {
            <div class="row">
                {choice(texts().import_outcome_column(&number), name("column"), texts().import_no_column(), columns, column)}
                <label class="label">
                    {texts().import_outcome_value(&number)}
                    <input class="field" name=name("value") value=value.to_owned() maxlength="200" autocomplete="off" />
                </label>
                {named(texts().import_outcome_stage(&number), name("stage"), Some(texts().import_no_stage()), stages.clone(), stage)}
                {choice(texts().import_outcome_time(&number), name("ended"), texts().import_unknown_time(), columns, at)}
            </div>
        }
    });
    rows.collect_view()
}

/// Renders a select of the file's columns.
fn choice(
    label: String,
    name: String,
    none: String,
    columns: &[String],
    chosen: &str,
) -> impl IntoView + use<> {
    named(
        label,
        name,
        Some(none),
        columns.iter().map(|column| (column.clone(), column.clone())).collect(),
        chosen,
    )
}

fn named(
    label: String,
    name: String,
    none: Option<String>,
    choices: Vec<(String, String)>,
    chosen: &str,
) -> impl IntoView + use<> {
    let chosen = chosen.to_owned();
    let options = choices.into_iter().map(|(value, said)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{said}</option> }
    });
    // A label around the select would add the option texts to its accessible name.
    let id = format!("choice-{}", name.replace(['[', ']'], "-"));
    view! {
        <div class="label">
            <label for=id.clone()>{label}</label>
            <select id=id class="field" name=name>
                {none.map(|none| view! { <option value="">{none}</option> })}
                {options.collect_view()}
            </select>
        </div>
    }
}

/// Returns the summary of the preview, and the first rows as the import would read them.
fn preview(sample: Result<Vec<SampleRow>>, clock: Clock) -> Result<(String, AnyView)> {
    let rows = match sample {
        Ok(rows) => rows,
        Err(Error::Invalid { message }) => {
            let wrong = message.lines().map(|line| view! { <p>{line.to_owned()}</p> }).collect_view();
            let note = note(Tone::Bad, view! { <div class="stacked">{wrong}</div> });
            return Ok((texts().import_mapping_wrong(), note.into_any()));
        }
        Err(error) => return Err(error),
    };
    let rejected = rows.iter().filter(|row| row.problem.as_ref().is_some_and(|why| !why.is_outcome)).count();
    let shown = number::count(rows.len() as i64);
    let answer = match rejected {
        0 => texts().import_preview_good(rows.len(), shown),
        many => texts().import_preview_rejected(many, number::count(many as i64), shown),
    };
    let own = own_fields();
    let row = |row: &SampleRow| {
        let cell = |field: &str| row.fields.get(field).map(|text| short(text)).unwrap_or_default();
        let stages: Vec<String> = row.stages.iter().map(|stage| words::stage(*stage)).collect();
        let cells = match &row.problem {
            Some(problem) if !problem.is_outcome => Either::Left(
                view! { <td colspan="7" class="tone" data-a="bad">{icon(Icon::Alert)}" "{reason(problem)}</td> },
            ),
            _ => Either::Right(view! {
                {own.iter().map(|(field, label)| view! { <td data-l=label.clone()>{part(cell(field))}</td> }).collect_view()}
                <td class="nowrap" data-l=texts().import_time()>{row.at.map(|at| clock.day_and_time(at))}</td>
                <td data-l=texts().import_outcomes()>{part(stages.join(", "))}</td>
            }),
        };
        // A reason is a sentence, which needs the width of the table.
        let half = row.problem.as_ref().filter(|problem| problem.is_outcome).map(|half| {
            view! { <tr class="reason"><td colspan="8" class="tone" data-a="warn">{icon(Icon::Alert)}" "{reason(half)}</td></tr> }
        });
        view! { <tr><th scope="row" class="nowrap">{texts().import_line_number(number::count(row.line as i64))}</th>{cells}</tr>{half} }
    };
    let rows = rows.iter().map(row).collect_view();
    let table = view! {
        <table class="table stack import-preview">
            <caption class="sr">{texts().import_preview_caption()}</caption>
            <thead>
                <tr>
                    <th scope="col">{texts().import_line()}</th>
                    {own.iter().map(|(_, label)| view! { <th scope="col">{label.clone()}</th> }).collect_view()}
                    <th scope="col">{texts().import_time()}</th>
                    <th scope="col">{texts().import_outcomes()}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    };
    Ok((answer, table.into_any()))
}

/// Returns why a row or its outcome would be rejected.
fn reason(problem: &SampleProblem) -> String {
    let reason = &problem.reason;
    match (&problem.column, problem.is_outcome) {
        (Some(column), false) => texts().import_rejected_column(column, reason),
        (None, false) => texts().import_rejected(reason),
        (Some(column), true) => texts().import_outcome_rejected_column(column, reason),
        (None, true) => texts().import_outcome_rejected(reason),
    }
}

/// Renders the first rows and columns unparsed.
fn as_it_is(look: &FilePreview) -> impl IntoView + use<> {
    let more = look.columns.len().saturating_sub(COLUMNS);
    let more = (more > 0).then(
        || view! { <p class="meta">{texts().import_more_columns(more, number::count(more as i64))}</p> },
    );
    let heads =
        look.columns.iter().take(COLUMNS).map(|column| view! { <th scope="col">{short(column)}</th> });
    let rows = look.rows.iter().take(SHOWN).map(|row| {
        let cells = row.iter().take(COLUMNS).map(|cell| view! { <td>{short(cell)}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=texts().import_first_rows()>
            <table class="table">
                <caption class="sr">{texts().import_first_rows()}</caption>
                <thead><tr>{heads.collect_view()}</tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
        {more}
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(CELL_CHARS).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
