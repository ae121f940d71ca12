//! An editor for code that works without scripts, and the problems with its text.

use engine::change::{Note, TextProblem};
use leptos::prelude::*;

use super::form::lines;
use super::icon::{Icon, icon};
use super::number;
use crate::texts::{part, texts};

/// The maximum number of problems to show; fixing these comes first anyway.
const SHOWN: usize = 50;
/// Characters to show on each side of a problem.
const AROUND_CHARS: usize = 60;
/// The minimum number of lines of an editor.
const MIN_ROWS: usize = 12;
/// Line numbers beyond the end of the text, for lines that are added while it is edited.
const SPARE_LINES: usize = 500;
/// The maximum number of lines with numbers. Beyond it, an editor is too slow anyway.
const NUMBERED_LINES: usize = 20_000;

/// Renders a text area for code, with line numbers.
pub fn editor<Label: IntoView>(
    label: Label,
    name: &'static str,
    text: String,
    is_wrong: bool,
) -> impl IntoView + use<Label> {
    let count = text.lines().count();
    let rows = (count + 2).max(MIN_ROWS);
    let described = is_wrong.then_some("problems");
    let numbers: Vec<String> =
        (1..=(rows + SPARE_LINES).min(NUMBERED_LINES)).map(|line| line.to_string()).collect();
    view! {
        <div class="label editor">
            <label for=name>{label}</label>
            // The text area is as high as its text and the box around it scrolls, so that the numbers scroll with the text.
            <div class="field code-box">
                <pre class="line-numbers" aria-hidden="true">{numbers.join("\n")}</pre>
                <textarea
                    id=name class="mono" name=name rows=rows.to_string() spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off"
                    aria-invalid=is_wrong.then_some("true") aria-describedby=described
                >{lines(&text)}</textarea>
            </div>
        </div>
    }
}

/// Renders the problems with a text, each with its line and a marked position. With `has_focus` the page opens on them.
pub fn problems(text: &str, marks: &[TextProblem], may_stay: bool, has_focus: bool) -> impl IntoView + use<> {
    let left = marks.len().saturating_sub(SHOWN);
    let all = marks.iter().take(SHOWN).map(|mark| problem(text, mark, may_stay)).collect_view();
    let rest =
        (left > 0).then(|| view! { <li class="meta">{texts().code_more(number::count(left as i64))}</li> });
    (!marks.is_empty()).then(|| view! { <ol class="problems" id="problems" tabindex="-1" autofocus=has_focus aria-label=texts().code_problems()>{all}{rest}</ol> })
}

/// Renders hints about a text, each with its line and a marked position. New ones are marked.
pub fn findings(text: &str, notes: &[Note]) -> impl IntoView + use<> {
    let left = notes.len().saturating_sub(SHOWN);
    let all =
        notes.iter().take(SHOWN).map(|note| marked(text, &note.mark, "warn", note.is_new)).collect_view();
    let rest =
        (left > 0).then(|| view! { <li class="meta">{texts().code_more(number::count(left as i64))}</li> });
    view! { <ol class="problems findings">{all}{rest}</ol> }
}

fn problem(text: &str, mark: &TextProblem, may_stay: bool) -> impl IntoView + use<> {
    marked(text, mark, if may_stay { "warn" } else { "bad" }, false)
}

fn marked(text: &str, mark: &TextProblem, tone: &'static str, is_new: bool) -> impl IntoView + use<> {
    let new = is_new.then(|| view! { <span class="tag" data-a="warn">{texts().code_new()}</span>" " });
    let place =
        mark.span.map(|_| view! { <span class="meta num">{format!("{}:{}", mark.line, mark.column)}</span> });
    let excerpt = mark.span.map(|span| {
        let (before, wrong, after) = excerpt(text, span.start, span.end);
        view! { <code class="excerpt">{before}<mark data-a=tone>{wrong}</mark>{after}</code> }
    });
    let meant = mark.suggestion.clone().map(|suggestion| {
        let said = texts().code_suggestion();
        view! { " "{part(said.s0)}<code>{suggestion}</code>{part(said.s1)} }
    });
    view! {
        <li data-a=tone>
            {icon(Icon::Alert)}
            <div><p>{new}{mark.message.clone()}{meant}</p>{excerpt}</div>
            {place}
        </li>
    }
}

/// Returns the line around a span: the text before it, the span itself, and the text after it.
fn excerpt(text: &str, start: usize, end: usize) -> (String, String, String) {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = end.clamp(start, line_end);
    let before = text[line_start..start].trim_start();
    let skipped = before.chars().count().saturating_sub(AROUND_CHARS);
    let before: String = before.chars().skip(skipped).collect();
    let dots = |is: bool| if is { "…" } else { "" };
    let wrong: String = text[start..end].chars().take(2 * AROUND_CHARS).collect();
    let after: String = text[end..line_end].chars().take(AROUND_CHARS).collect();
    let is_cut = text[end..line_end].chars().count() > AROUND_CHARS;
    // An empty span would be invisible, so it shows as a space.
    let wrong = if wrong.is_empty() { "\u{a0}".to_owned() } else { wrong };
    (format!("{}{before}", dots(skipped > 0)), wrong, format!("{after}{}", dots(is_cut)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, start: usize, end: usize) -> String {
        let (before, wrong, after) = excerpt(text, start, end);
        format!("{before}[{wrong}]{after}")
    }

    #[test]
    fn an_excerpt_is_the_line_with_the_place_marked() {
        let text = "a: 1\n  when: siz > 5\nb: é\n";
        assert_eq!(told(text, 13, 16), "when: [siz] > 5");
        assert_eq!(told(text, 0, text.len()), "[a: 1]");
        assert_eq!(told(text, 4, 4), "a: 1[\u{a0}]");
        assert_eq!(told("", 0, 0), "[\u{a0}]");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let text = format!("{}x{}", "a".repeat(100), "b".repeat(100));
        assert_eq!(told(&text, 100, 101), format!("…{}[x]{}…", "a".repeat(60), "b".repeat(60)));
    }
}
