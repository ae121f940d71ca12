//! The toolbar of every list: saved views, columns, and the CSV export.

mod views;

use leptos::prelude::*;

use super::frame::PageContext;
use crate::csv_file::MAX_ROWS;
use crate::error::Result;
use crate::flash::Flash;
use crate::texts::texts;
use crate::ui::filters::Address;
use crate::ui::form::ask;
use crate::ui::icon::{Icon, icon};
use crate::ui::number;
use crate::ui::table::{ColumnChoice, Table};

/// Renders the toolbar of a list. `csv` is the path of the export, if the list has one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn tools<Row, Caption: Clone + Into<Oco<'static, str>>>(
    here: &PageContext,
    flash: &Flash,
    address: &Address,
    table: &Table<'_, Row, Caption>,
    csv: Option<&'static str>,
) -> Result<AnyView> {
    let choices = table.choices(address);
    let views = views::views(here, flash, address).await?;
    let csv = csv.map(|path| {
        let title = texts().list_tools_csv_about(number::count(MAX_ROWS as i64));
        view! { <a class="btn plain" href=address.start().without(&["cols"]).at(path) download title=title>{icon(Icon::Download)}{texts().list_tools_csv()}</a> }
    });
    let columns = columns(address, &choices);
    Ok(view! { <div class="list-tools">{views}<div class="row push">{columns}{csv}</div></div> }.into_any())
}

fn columns(address: &Address, choices: &[ColumnChoice]) -> AnyView {
    let boxes = choices.iter().map(|(key, head, is_shown)| {
        view! {
            <label class="check"><input type="checkbox" name="cols" value=*key checked=*is_shown /><span>{head.clone()}</span></label>
        }
    });
    let usual = address
        .get("cols")
        .map(|_| view! { <a class="btn plain" href=address.without(&["cols"]).href()>{texts().list_tools_reset_columns()}</a> });
    let form = view! {
        <form method="get" action=address.path()>
            {address.hidden_inputs_except(&["cols"])}
            // Always present, so that clearing every box still sends a column selection.
            <input type="hidden" name="cols" value="first" />
            <fieldset class="checks"><legend>{texts().list_tools_columns()}</legend>{boxes.collect_view()}</fieldset>
            <span class="row"><button class="btn primary">{texts().list_tools_show_columns()}</button>{usual}</span>
        </form>
    };
    ask(view! { {icon(Icon::Columns)}{texts().list_tools_columns()} }, false, form).into_any()
}
