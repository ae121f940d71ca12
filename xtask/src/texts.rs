//! `cargo xtask lint texts`: finds texts in the source of pages that belong into `app/locales`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::str::FromStr as _;

use anyhow::{Context, Result, anyhow, bail};
use proc_macro2::{Spacing, TokenStream, TokenTree};

use crate::workspace::Workspace;

/// Files and folders of `app/src` without texts that people who use the product read.
const EXEMPT: &[&str] = &[
    // The names of counters.
    "actions/throttle.rs",
    // A page for developers, with examples of every part.
    "pages/styleguide",
    // The script that starts the islands, and the icon of the browser's tab.
    "shell.rs",
    // The outlines of icons.
    "ui/icon.rs",
];

/// Elements that selectors of islands name.
const ELEMENTS: &[&str] =
    &["a", "button", "details", "dialog", "form", "input", "ol", "option", "select", "summary", "textarea"];

/// Names of keys, as browsers report them.
const KEYS: &[&str] = &["ArrowDown", "ArrowLeft", "ArrowRight", "ArrowUp", "Enter", "Escape"];

/// Attributes of elements whose values a person reads or hears.
const SHOWN: &[&str] =
    &["alt", "aria-description", "aria-label", "data-key-help", "data-l", "label", "placeholder", "title"];

/// Constants that are the same in every language: the header of an export, on which programs rely, the name of a key, names of
/// products, and reasons that are stored, so that they can be counted.
const FIXED: &[&str] = &["BROWSERS", "ENTER", "HEAD", "OTHER_REASON", "REASONS", "SYSTEMS"];

/// Checks that the sources of `app` contain no text of their own.
///
/// # Errors
/// Returns an error that lists the texts, or if a file cannot be read.
pub fn check(workspace: &Workspace) -> Result<()> {
    let root = workspace.root.join("app/src");
    let classes = classes_of_styles(&workspace.root.join("style"))?;
    let mut found = Vec::new();
    for place in EXEMPT {
        if !root.join(place).exists() {
            bail!("{place} is exempt, but does not exist");
        }
    }
    visit(&root, &classes, &mut found)?;
    for text in &found {
        eprintln!("{text}");
    }
    if found.is_empty() { Ok(()) } else { bail!("{} texts are not in app/locales", found.len()) }
}

/// Returns the names of all classes in the style sheets of a folder.
fn classes_of_styles(folder: &Path) -> Result<BTreeSet<String>> {
    let mut classes = BTreeSet::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        classes.extend(classes_in(&fs::read_to_string(entry?.path())?));
    }
    Ok(classes)
}

/// Returns whatever follows a dot in a style sheet like a name. Numbers such as `.5rem` are left out.
fn classes_in(css: &str) -> impl Iterator<Item = String> {
    css.split('.').skip(1).filter_map(|after| {
        let name: String = after.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        name.starts_with(|c: char| c.is_ascii_alphabetic()).then_some(name)
    })
}

fn visit(place: &Path, classes: &BTreeSet<String>, found: &mut Vec<String>) -> Result<()> {
    if EXEMPT.iter().any(|exempt| place.ends_with(exempt)) {
        return Ok(());
    }
    if place.is_dir() {
        for entry in fs::read_dir(place)? {
            visit(&entry?.path(), classes, found)?;
        }
        return Ok(());
    }
    let source = fs::read_to_string(place).with_context(|| format!("reading {}", place.display()))?;
    let texts = texts_in(&source, classes).map_err(|error| anyhow!("{}: {error}", place.display()))?;
    let line_of = |text: &str| source.lines().position(|line| line.contains(text)).map_or(1, |line| line + 1);
    found.extend(texts.iter().map(|text| format!("{}:{}: {text}", place.display(), line_of(text))));
    Ok(())
}

/// Returns the literals of a source that people would read. Tests and lists of the given classes are left out.
fn texts_in(source: &str, classes: &BTreeSet<String>) -> Result<Vec<String>> {
    let tokens = TokenStream::from_str(source).map_err(|error| anyhow!("not valid Rust: {error}"))?;
    let mut found = Vec::new();
    scan(tokens, false, classes, &mut found);
    Ok(found)
}

fn scan(tokens: TokenStream, in_view: bool, classes: &BTreeSet<String>, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            // An attribute: `#[…]` or `#![…]`, with the whole module where it is that of tests.
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                let next = at + 1 + usize::from(is_punct(tokens.get(at + 1), '!'));
                if let Some(TokenTree::Group(attribute)) = tokens.get(next) {
                    let is_tests = attribute.stream().to_string().replace(' ', "") == "cfg(test)";
                    at = next;
                    if is_tests {
                        while at < tokens.len() && !is_block(&tokens[at]) {
                            at += 1;
                        }
                    }
                }
            }
            TokenTree::Ident(name)
                if FIXED.iter().any(|fixed| name == fixed)
                    && matches!(previous(&tokens, at, 1), Some(TokenTree::Ident(keyword)) if keyword == "const") =>
            {
                while at < tokens.len() && !is_punct(tokens.get(at), ';') {
                    at += 1;
                }
            }
            TokenTree::Group(group) => {
                let (name, is_macro) = before(&tokens, at);
                let is_for_developers =
                    is_macro && ["debug", "error", "info", "path", "trace", "warn"].contains(&name.as_str());
                // The log names a command by what starts it, and a type by its name.
                let is_name = !is_macro && ["expect", "Command", "debug_struct"].contains(&name.as_str());
                if !is_for_developers && !is_name {
                    scan(group.stream(), is_macro && name == "view", classes, found);
                }
            }
            TokenTree::Literal(literal) => {
                let written = literal.to_string();
                // Elsewhere, an equals sign or a colon is before a variable's or a field's value, which can be a text.
                let is_attribute = in_view && is_punct(previous(&tokens, at, 1), '=');
                let shown = !is_attribute || SHOWN.contains(&name_before(&tokens, at).as_str());
                // Between tags even a single word in lower case is shown.
                let is_child = in_view && !is_attribute;
                let is_text =
                    reads_as_text(&written) && !is_list_of(&written, classes) && !is_for_browser(&written);
                if shown && (is_text || is_child && has_letters(&written)) {
                    found.push(written);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn previous(tokens: &[TokenTree], at: usize, back: usize) -> Option<&TokenTree> {
    tokens.get(at.checked_sub(back)?)
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace)
}

/// Returns the name before a group, and whether it is that of a macro.
fn before(tokens: &[TokenTree], at: usize) -> (String, bool) {
    let is_macro = is_punct(previous(tokens, at, 1), '!');
    match previous(tokens, at, 1 + usize::from(is_macro)) {
        Some(TokenTree::Ident(name)) => (name.to_string(), is_macro),
        _ => (String::new(), false),
    }
}

/// Returns the name of the attribute or field whose value is at `at`, for example `aria-label`.
fn name_before(tokens: &[TokenTree], at: usize) -> String {
    let mut parts = Vec::new();
    let mut back = 2;
    while let Some(token) = previous(tokens, at, back) {
        match token {
            TokenTree::Ident(name) => parts.push(name.to_string()),
            TokenTree::Punct(dash) if dash.as_char() == '-' && dash.spacing() == Spacing::Alone => {
                parts.push("-".into())
            }
            _ => break,
        }
        // Two names beside each other are two attributes.
        let is_name = matches!(token, TokenTree::Ident(_));
        if is_name && !is_punct(previous(tokens, at, back + 1), '-') {
            break;
        }
        back += 1;
    }
    parts.reverse();
    parts.concat()
}

/// Returns whether a literal reads as a text: several words, a word beside a placeholder, or a word with a capital letter.
fn reads_as_text(literal: &str) -> bool {
    let Some(text) = text_of(literal) else { return false };
    let is_beside_placeholder = literal.contains('{') && !literal.contains("\\u{") && text.contains(' ');
    let words: Vec<&str> =
        text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).collect();
    let is_title = |word: &&str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_some_and(|letter| letter.is_lowercase() || letter == '-')
    };
    words.len() > 1 || !words.is_empty() && is_beside_placeholder || words.first().is_some_and(is_title)
}

/// Returns whether a literal contains only the given classes, apart from placeholders.
fn is_list_of(literal: &str, classes: &BTreeSet<String>) -> bool {
    text_of(literal).is_some_and(|text| text.split_whitespace().all(|word| classes.contains(word)))
}

/// Returns whether a literal is a selector or the name of a key.
fn is_for_browser(literal: &str) -> bool {
    let Some(text) = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let is_part = |part: &str| {
        part.starts_with(['.', '#', '[', ':', '>']) && part.len() > 1
            || part == ">"
            || ELEMENTS.contains(&part.split(['.', '#', '[', ':']).next().unwrap_or(part))
    };
    // What is in brackets can have spaces.
    let mut depth = 0_i32;
    let parts = text.split(|c: char| {
        depth += i32::from(matches!(c, '[' | '(')) - i32::from(matches!(c, ']' | ')'));
        depth == 0 && (c.is_whitespace() || c == ',')
    });
    KEYS.contains(&text) || parts.filter(|part| !part.is_empty()).all(is_part)
}

fn has_letters(literal: &str) -> bool {
    text_of(literal).is_some_and(|text| text.chars().any(char::is_alphabetic))
}

/// Returns what a literal says besides its placeholders, the product's name and commands; `None` unless it is a string.
fn text_of(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    // A command, a path or a content type.
    if inner.starts_with("meshline ") || inner.starts_with('/') || inner.contains("; charset=") {
        return None;
    }
    // The rest of a header: `{name}={value}; Path=/`.
    if inner.trim_start_matches("{}").starts_with(['=', ';']) || inner.contains("; Path=/") {
        return None;
    }
    let mut text = String::new();
    let mut depth = 0_u32;
    for character in inner.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => text.push(character),
            _ => {}
        }
    }
    Some(text.replace("Meshline", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        let classes = classes_in(".btn, .primary:hover { margin: .5rem }").collect();
        texts_in(source, &classes).unwrap()
    }

    #[test]
    fn texts_of_people_are_found() {
        let page = r#"fn page() { view! { <p class="a b" aria-label="Leads">"saved"{name}</p> } }"#;
        assert_eq!(texts(page), ["\"Leads\"", "\"saved\""]);
        assert_eq!(texts(r#"fn f() { gate("Sign in", form) }"#), ["\"Sign in\""]);
        assert_eq!(texts(r#"fn f() { format!("For {name}, {email}") }"#), ["\"For {name}, {email}\""]);
        assert_eq!(texts(r#"fn f() { format!("by {name}") }"#), ["\"by {name}\""]);
        assert_eq!(texts(r#"fn f() { view! { <td data-l="Time"></td> } }"#), ["\"Time\""]);
        assert_eq!(texts(r#"fn f() { view! { <a data-key-help="Next"></a> } }"#), ["\"Next\""]);
        // A word between tags is a text even if it is a class as well.
        assert_eq!(texts(r#"fn f() { view! { <p>"primary"</p> } }"#), ["\"primary\""]);
        for source in [
            r#"const WHY: &str = "No leads yet";"#,
            r#"fn f() { let why = "No leads yet"; }"#,
            r#"fn f() { Table { caption: "No leads yet", class } }"#,
            r#"fn f() { view! { <p>{match n { 0 => "No leads yet", _ => "" }}</p> } }"#,
        ] {
            assert_eq!(texts(source), ["\"No leads yet\""], "{source}");
        }
    }

    #[test]
    fn what_nobody_reads_is_left_out() {
        let page = r#"fn page() { view! { <p class="Big one"><code>"meshline user link"</code>" "{texts().saved()}</p> } }"#;
        assert!(texts(page).is_empty(), "{:?}", texts(page));
        assert!(
            texts(r#"#[error("Not found.")] fn f() { tracing::warn!("The database fails"); get("name") }"#)
                .is_empty()
        );
        assert!(texts(r#"fn f() { format!("{title} · Meshline") }"#).is_empty());
        assert!(texts(r#"#[cfg(test)] mod tests { fn f() { is("Sign in") } }"#).is_empty());
        assert!(texts(r#"fn f() { let class = if first { "btn primary" } else { "btn" }; }"#).is_empty());
        assert!(texts(r#"const HEAD: &[&str] = &["Id", "Started by"];"#).is_empty());
        assert_eq!(texts(r#"fn f() { of(HEAD, "Started by"); }"#), ["\"Started by\""]);
        assert!(texts(r#"fn f() { format!("{NAME}={theme}; Path=/; SameSite=Lax{secure}") }"#).is_empty());
        assert!(texts(r#"fn f() { "text/csv; charset=utf-8; header=present" }"#).is_empty());
        for selector in [
            "dialog[open], :popover-open",
            "details[open]:has(> .panel)",
            ".queue > .list > summary",
            "Escape",
        ] {
            assert!(texts(&format!("fn f() {{ find({selector:?}) }}")).is_empty(), "{selector}");
        }
        assert_eq!(texts(r#"fn f() { find("a button that works") }"#), ["\"a button that works\""]);
        assert!(texts(r#"fn f() { let secure = if tls { "; Secure" } else { "" }; }"#).is_empty());
    }
}
