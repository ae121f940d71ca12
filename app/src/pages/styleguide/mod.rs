//! The style guide: every component in every state and both themes, as a shared reference for designers and developers.

mod charts;
mod pieces;
mod tokens;

use leptos::prelude::*;

use super::frame::{PageContent, PageContext, page};
use super::menu::Section;
use crate::error::Result;

/// A group of components; each one renders its examples once per theme.
struct PieceGroup {
    name: &'static str,
    about: &'static str,
    examples: Vec<Example>,
}

/// A component with its name. The theme is passed along because HTML ids must differ between the two copies.
struct Example {
    name: &'static str,
    shown: Box<dyn Fn(Theme) -> AnyView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    Light,
    Dark,
}

impl Theme {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Picks one of two strings by theme.
    fn pick(self, light: &'static str, dark: &'static str) -> &'static str {
        match self {
            Self::Light => light,
            Self::Dark => dark,
        }
    }
}

fn example<V: IntoView + 'static>(name: &'static str, shown: impl Fn(Theme) -> V + 'static) -> Example {
    Example { name, shown: Box::new(move |theme| shown(theme).into_any()) }
}

/// Renders the style guide.
#[component]
pub fn Styleguide() -> impl IntoView {
    page(Section::Styleguide, |here| async move { load(&here) })
}

fn load(here: &PageContext) -> Result<PageContent> {
    let groups = [
        tokens::type_and_space(),
        tokens::colours(),
        pieces::words(),
        pieces::buttons_and_fields(),
        pieces::messages(),
        pieces::opened(),
        pieces::lists(here.clock),
        charts::charts(),
    ];
    let bar =
        view! { <h1>"Styleguide"</h1><span class="meta">"Every piece in every state, light and dark"</span> };
    let ways = groups.iter().map(|group| view! { <a href=format!("#{}", anchor(group))>{group.name}</a> });
    let body = view! {
        <div class="styleguide">
            <nav class="row" aria-label="Groups">{ways.collect_view()}</nav>
            {groups.iter().map(shown).collect_view()}
        </div>
    };
    Ok(PageContent { title: "Styleguide".into(), bar: bar.into_any(), body: body.into_any() })
}

fn anchor(group: &PieceGroup) -> String {
    format!("g-{}", group.name.to_lowercase().replace([' ', ','], "-"))
}

fn shown(group: &PieceGroup) -> AnyView {
    let half = |theme: Theme| {
        let examples = group.examples.iter().map(|example| {
            view! { <div class="example"><p class="meta">{example.name}</p><div class="shown">{(example.shown)(theme)}</div></div> }
        });
        view! { <div class="theme" data-theme=theme.name()>{examples.collect_view()}</div> }
    };
    let id = anchor(group);
    view! {
        <section aria-labelledby=id.clone()>
            <div class="sec-head"><h2 id=id.clone()>{group.name}</h2><span class="meta">{group.about}</span></div>
            <div class="themes">{half(Theme::Light)}{half(Theme::Dark)}</div>
        </section>
    }
    .into_any()
}
