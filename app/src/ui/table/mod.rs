//! The table of every list: columns selected and sorted in the address, check boxes to select rows, and links to the pages
//! beside it.

mod pager;

pub use pager::{RowCount, pager};

use leptos::either::Either;
use leptos::prelude::*;
use store::reads::keyset::Order;

use crate::texts::texts;
use crate::ui::filters::Address;

/// A column: its head and the content of its cells. The first column of a list contains the row headers.
pub struct Column<'a, Row> {
    /// The column's name in the address.
    key: &'static str,
    head: Oco<'static, str>,
    /// The CSS class of head and cells.
    class: &'static str,
    /// The label before the cell on a phone, where the heads are hidden.
    label: Option<Oco<'static, str>>,
    /// The sort name in the address, if the column is sortable.
    sort: Option<&'static str>,
    /// Whether the default order is from A to Z rather than newest first.
    is_text: bool,
    /// Whether the column is hidden by default.
    is_extra: bool,
    /// Whether the column contains buttons; it is always shown, and its head is visually hidden.
    is_tool: bool,
    cell: Box<dyn Fn(&Row) -> AnyView + Send + Sync + 'a>,
}

impl<'a, Row> Column<'a, Row> {
    pub fn new<V: IntoView + 'static>(
        key: &'static str,
        head: impl Into<Oco<'static, str>>,
        class: &'static str,
        cell: impl Fn(&Row) -> V + Send + Sync + 'a,
    ) -> Self {
        let cell = Box::new(move |row: &Row| cell(row).into_any());
        Self {
            key,
            head: head.into(),
            class,
            label: None,
            sort: None,
            is_text: false,
            is_extra: false,
            is_tool: false,
            cell,
        }
    }

    /// Sets the label before the cell on a phone.
    pub fn label(self, label: impl Into<Oco<'static, str>>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// Makes the column sortable under this name. The query needs an index for this order.
    pub fn sort(self, name: &'static str) -> Self {
        Self { sort: Some(name), ..self }
    }

    /// Makes the column sortable from A to Z under this name.
    pub fn sort_text(self, name: &'static str) -> Self {
        Self { sort: Some(name), is_text: true, ..self }
    }

    /// Hides the column by default.
    pub fn extra(self) -> Self {
        Self { is_extra: true, ..self }
    }

    /// Marks a column of buttons.
    pub fn tool(self) -> Self {
        Self { is_tool: true, ..self }
    }
}

/// The order of a list, in the address as `sort=NAME` or `sort=NAME.oldest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListOrder {
    pub by: &'static str,
    pub order: Order,
}

impl ListOrder {
    /// Reads the order from the address; the first of `names` is the default.
    pub fn read(address: &Address, names: &[&'static str]) -> Self {
        let (by, order) =
            address.get("sort").map_or(("", Order::Newest), |text| match text.split_once('.') {
                Some((by, order)) => (by, order.parse().unwrap_or_default()),
                None => (text, Order::Newest),
            });
        let by = names.iter().find(|name| **name == by).or(names.first()).copied().unwrap_or_default();
        Self { by, order }
    }
}

/// A check box: its value and its label.
pub type RowCheckbox = (String, String);

/// Returns the check box of a row, or `None` for a row that cannot be selected.
pub type CheckboxOfRow<'a, Row> = Box<dyn Fn(&Row) -> Option<RowCheckbox> + Send + Sync + 'a>;

/// Check boxes before the rows, which belong to a form elsewhere on the page.
pub struct RowSelection<'a, Row> {
    /// The form's id.
    pub form: &'static str,
    /// The name that the values are sent under.
    pub name: &'static str,
    /// Whether all boxes are ticked.
    pub is_all: bool,
    /// Returns the check box of a row, or `None` for a row that cannot be selected.
    pub row: CheckboxOfRow<'a, Row>,
}

/// A list as a table.
pub struct Table<'a, Row, Caption = &'static str> {
    pub caption: Caption,
    pub class: &'static str,
    pub columns: Vec<Column<'a, Row>>,
    pub choose: Option<RowSelection<'a, Row>>,
}

/// A column that can be shown or hidden: its name in the address, its head, and whether it is shown.
pub type ColumnChoice = (&'static str, Oco<'static, str>, bool);

impl<Row, Caption: Clone + Into<Oco<'static, str>>> Table<'_, Row, Caption> {
    /// Returns the columns that can be shown or hidden. The first column always is shown.
    pub fn choices(&self, address: &Address) -> Vec<ColumnChoice> {
        let choices = self.columns.iter().skip(1).filter(|column| !column.is_tool);
        choices.map(|column| (column.key, column.head.clone(), is_shown(column, address))).collect()
    }

    /// Renders the rows as a table, with the columns and the order in the address.
    pub fn view(&self, rows: &[Row], address: &Address, sorted: Option<ListOrder>) -> AnyView {
        let shown: Vec<&Column<'_, Row>> = self
            .columns
            .iter()
            .enumerate()
            .filter(|(place, column)| *place == 0 || column.is_tool || is_shown(column, address))
            .map(|(_, column)| column)
            .collect();
        let heads = shown.iter().map(|column| head(column, address, sorted)).collect_view();
        let lines = rows.iter().map(|row| self.line(row, &shown)).collect_view();
        let choose = self.choose.as_ref().map(
            |_| view! { <th scope="col" class="pick"><span class="sr">{texts().table_select()}</span></th> },
        );
        view! {
            <table class=format!("table stack sticky {}", self.class)>
                <caption class="sr">{self.caption.clone().into()}</caption>
                <thead><tr>{choose}{heads}</tr></thead>
                <tbody>{lines}</tbody>
            </table>
        }
        .into_any()
    }

    fn line(&self, row: &Row, shown: &[&Column<'_, Row>]) -> AnyView {
        let cells = shown.iter().enumerate().map(|(place, column)| {
            let cell = (column.cell)(row);
            match place {
                0 => Either::Left(view! { <th scope="row" class=class(column)>{cell}</th> }),
                _ => Either::Right(view! { <td class=class(column) data-l=column.label.clone()>{cell}</td> }),
            }
        });
        let cells = cells.collect_view();
        let choose = self.choose.as_ref().map(|choose| {
            let input = (choose.row)(row).map(|(value, words)| {
                view! { <label><input type="checkbox" form=choose.form name=choose.name value=value checked=choose.is_all /><span class="sr">{words}</span></label> }
            });
            view! { <td class="pick">{input}</td> }
        });
        view! { <tr>{choose}{cells}</tr> }.into_any()
    }
}

fn is_shown<Row>(column: &Column<'_, Row>, address: &Address) -> bool {
    match address.get("cols") {
        Some(asked) => asked.split(',').any(|key| key == column.key),
        None => !column.is_extra,
    }
}

fn class<Row>(column: &Column<'_, Row>) -> Option<&'static str> {
    (!column.class.is_empty()).then_some(column.class)
}

/// Renders a column head. A sortable head links to its order, or to the reverse one if it is already sorted.
fn head<Row>(column: &Column<'_, Row>, address: &Address, sorted: Option<ListOrder>) -> AnyView {
    let text = column.head.clone();
    if column.is_tool {
        return view! { <th scope="col"><span class="sr">{text}</span></th> }.into_any();
    }
    let Some((name, sorted)) = column.sort.zip(sorted) else {
        return view! { <th scope="col" class=class(column)>{text}</th> }.into_any();
    };
    let turned = match (sorted.by == name, sorted.order) {
        (true, Order::Newest) => format!("{name}.oldest"),
        _ => name.to_owned(),
    };
    let (aria, sign) = match (sorted.by == name, (sorted.order == Order::Newest) == column.is_text) {
        (true, false) => (Some("descending"), "↓"),
        (true, true) => (Some("ascending"), "↑"),
        (false, _) => (None, ""),
    };
    let href = address.start().with("sort", turned).href();
    let title = match (sorted.by == name, sorted.order, column.is_text) {
        (true, Order::Newest, false) => texts().table_newest_first(),
        (true, Order::Oldest, false) => texts().table_oldest_first(),
        (true, Order::Newest, true) => texts().table_a_to_z(),
        (true, Order::Oldest, true) => texts().table_z_to_a(),
        (false, ..) => texts().table_sort(),
    };
    view! {
        <th scope="col" class=class(column) aria-sort=aria>
            <a class="sort" href=href title=title>{text}<span aria-hidden="true">{sign}</span></a>
        </th>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::*;

    fn address(pairs: &[(&'static str, &str)]) -> Address {
        let mut query = ParamsMap::new();
        pairs.iter().for_each(|(name, value)| query.insert(*name, (*value).to_owned()));
        Address::of_list("/list", &query, &[])
    }

    fn table() -> Table<'static, u8> {
        let cell = |row: &u8| row.to_string();
        Table {
            caption: "Numbers",
            class: "numbers",
            columns: vec![
                Column::new("name", "Name", "", cell),
                Column::new("size", "Size", "num", cell).sort("size"),
                Column::new("kind", "Kind", "", cell).sort_text("name"),
                Column::new("weight", "Weight", "", cell).extra(),
                Column::new("do", "Do", "end", |_| "x").tool(),
            ],
            choose: None,
        }
    }

    fn heads(pairs: &[(&'static str, &str)]) -> String {
        let address = address(pairs);
        table().view(&[1, 2], &address, Some(ListOrder::read(&address, &["size", "name"]))).to_html()
    }

    #[test]
    fn columns_are_those_that_the_address_asks_for() {
        let usual = heads(&[]);
        assert!(usual.contains("Size") && !usual.contains("Weight"));
        let asked = heads(&[("cols", "weight")]);
        assert!(asked.contains("Name") && asked.contains("Weight") && asked.contains("Do"));
        assert!(!asked.contains("Size"));
        let choices = table().choices(&address(&[("cols", "weight")]));
        let choices: Vec<(&str, &str, bool)> =
            choices.iter().map(|(key, head, is_shown)| (*key, head.as_str(), *is_shown)).collect();
        assert_eq!(choices, [("size", "Size", false), ("kind", "Kind", false), ("weight", "Weight", true)]);
    }

    #[test]
    fn a_head_says_how_it_sorts_and_turns_it_round() {
        let down = heads(&[("before", "7")]);
        assert!(
            down.contains("aria-sort=\"descending\"") && down.contains("/list?sort=size.oldest\""),
            "{down}"
        );
        let up = heads(&[("sort", "size.oldest")]);
        assert!(up.contains("aria-sort=\"ascending\"") && up.contains("/list?sort=size\""));
        let by_name = heads(&[("sort", "name")]);
        assert!(by_name.contains("aria-sort=\"ascending\"") && by_name.contains("/list?sort=size\""));
        assert!(by_name.contains("Sorted A to Z") && by_name.contains("/list?sort=name.oldest"));
        assert_eq!(ListOrder::read(&address(&[("sort", "evil")]), &["size"]).by, "size");
    }

    #[test]
    fn every_row_has_a_head_and_its_cells() {
        let html = heads(&[]);
        assert_eq!(html.matches("scope=\"row\"").count(), 2);
        assert_eq!(html.matches("<td").count(), 6);
    }
}
