//! Outcomes of the leads, grouped by the rule of their first decision.

use std::collections::BTreeMap;

use engine::control::kpi::Ratio;
use leptos::either::Either;
use leptos::prelude::*;
use store::reads::dashboard::RuleFigures;
use store::reads::frame::{RuleName, WorkflowName};

use crate::texts::texts;
use crate::ui::charts::interval::wilson;
use crate::ui::number;

/// Renders the table with its heading.
pub fn section(
    rows: &[RuleFigures],
    rules: &[RuleName],
    workflows: &[WorkflowName],
) -> impl IntoView + use<> {
    let names: BTreeMap<_, _> =
        rules.iter().map(|rule| ((rule.workflow_id, rule.rule_id.as_str()), rule.title())).collect();
    let several = workflows.len() > 1;
    let bound = |ratio: &Ratio| wilson(ratio.numerator, ratio.denominator).map_or(0.0, |(_, high)| high);
    let top = rows
        .iter()
        .flat_map(|row| [bound(&row.figures.mql_to_sql), bound(&row.figures.false_positives)])
        .fold(0.1, f64::max);
    let line = |row: &RuleFigures| {
        let name = match &row.rule_id {
            None => Either::Left(view! { <span class="quiet">{texts().dashboard_by_rule_no_rule()}</span> }),
            Some(id) => Either::Right(
                names
                    .get(&(row.workflow_id, id.as_str()))
                    .map_or_else(|| id.clone(), |name| (*name).to_owned()),
            ),
        };
        let workflow = workflows
            .iter()
            .find(|workflow| workflow.id == row.workflow_id)
            .map(|workflow| workflow.title.clone());
        let median = row.figures.time_to_sql.median_s.map(number::duration);
        view! {
            <tr>
                <th scope="row">{name}</th>
                {several.then(|| view! { <td class="wide">{workflow}</td> })}
                <td class="num" data-l=texts().dashboard_column_leads()>{number::count(i128::from(row.figures.leads))}</td>
                <td class="num" data-l=texts().dashboard_mql_to_sql()>{share(&row.figures.mql_to_sql, top)}</td>
                <td class="num" data-l=texts().dashboard_false_positives()>{share(&row.figures.false_positives, top)}</td>
                <td class="num" data-l=texts().dashboard_column_median()>{median}</td>
            </tr>
        }
    };
    let body = rows.iter().map(line).collect_view();
    let content = if rows.is_empty() {
        Either::Left(view! { <p class="quiet">{texts().dashboard_by_rule_none()}</p> })
    } else {
        Either::Right(view! {
            <table class="table stack">
                <caption class="sr">{texts().dashboard_by_rule_caption()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts().dashboard_column_rule()}</th>
                        {several.then(|| view! { <th scope="col">{texts().dashboard_column_workflow()}</th> })}
                        <th scope="col" class="num">{texts().dashboard_column_leads()}</th>
                        <th scope="col" class="num">{texts().dashboard_mql_to_sql()}</th>
                        <th scope="col" class="num">{texts().dashboard_false_positives()}</th>
                        <th scope="col" class="num">{texts().dashboard_column_median()}</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        })
    };
    view! {
        <section aria-labelledby="h-rules">
            <div class="sec-head">
                <h2 id="h-rules">{texts().dashboard_by_rule()}</h2>
                <span class="meta">{texts().dashboard_by_rule_about()}</span>
            </div>
            {content}
        </section>
    }
}

/// Renders a rate with its confidence interval; returns `None` if the denominator is zero.
fn share(ratio: &Ratio, top: f64) -> impl IntoView + use<> {
    let (value, (low, high)) = ratio.value.zip(wilson(ratio.numerator, ratio.denominator))?;
    let x = move |share: f64| format!("{:.1}", (share / top).min(1.0) * 100.0);
    let whole = |share: f64| number::decimal(share * 100.0, 0);
    let said = texts().dashboard_interval(
        number::count(i128::from(ratio.numerator)),
        number::count(i128::from(ratio.denominator)),
        whole(low),
        whole(high),
    );
    let title = said.clone();
    Some(view! {
        <span class="interval" title=title>
            <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
                <line class="base" x1="0" x2="100" y1="6" y2="6"></line>
                <line x1=x(low) x2=x(high) y1="6" y2="6"></line>
                <rect x=x(value) y="1" width="2.500" height="10"></rect>
            </svg>
            {number::percent(value)}
            <span class="quiet range" aria-hidden="true">{texts().dashboard_interval_short(whole(low), whole(high))}</span>
            <span class="sr">{said}</span>
        </span>
    })
}
