//! Icons, in a single sprite per page, drawn on a 16-pixel grid with a stroke of 1.5.

use leptos::prelude::*;

/// The available icons; each is a symbol of the [`Sprite`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Home,
    Advance,
    Nurture,
    Disqualify,
    Assign,
    Hold,
    Escalate,
    Leads,
    Dashboard,
    Check,
    Cross,
    Question,
    Menu,
    Alert,
    Info,
    Search,
    Filter,
    SignOut,
    Back,
    Forward,
    List,
    Inbox,
    Person,
    Merge,
    Eraser,
    Send,
    Clock,
    Key,
    Log,
    Sliders,
    Edit,
    Approve,
    Release,
    Rules,
    Extract,
    Route,
    Target,
    Fields,
    Bulb,
    Download,
    Columns,
    Hourglass,
    Upload,
    Stop,
}

const ALL: &[(Icon, &str, &str)] = &[
    (Icon::Home, "i-home", "M2.5 7.5 8 3l5.5 4.5V13h-4V9.5h-3V13h-4z"),
    (Icon::Advance, "i-advance", "M2.5 8h8M7.5 4.8 10.7 8l-3.2 3.2M13.5 3.5v9"),
    (
        Icon::Nurture,
        "i-nurture",
        "M8 13.5V7.5M8 9C8 6.2 6 4.7 2.8 4.7 2.8 7.5 4.8 9 8 9zM8 7.5c0-2.7 1.8-4.5 5.2-4.5 0 2.9-1.9 4.5-5.2 4.5z",
    ),
    (Icon::Disqualify, "i-disqualify", "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM4.2 4.2l7.6 7.6"),
    (
        Icon::Assign,
        "i-assign",
        "M6.5 7.2a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM2.3 13c.3-2.4 1.9-3.6 4.2-3.6M9 11.3h4.5M11.5 9.3l2 2-2 2",
    ),
    (Icon::Hold, "i-hold", "M5.7 4v8M10.3 4v8"),
    (Icon::Escalate, "i-escalate", "M4 7.8 8 3.8l4 4M4 12.2l4-4 4 4"),
    (
        Icon::Leads,
        "i-leads",
        "M6 7.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6zM2 13c.3-2.4 1.8-3.6 4-3.6s3.7 1.2 4 3.6M10.6 3.2a2.3 2.3 0 0 1 0 4.1M12 9.8c1.2.5 1.8 1.7 2 3.2",
    ),
    (Icon::Dashboard, "i-dashboard", "M2.5 13.5V8.5H5v5zM6.8 13.5v-11h2.4v11zM11 13.5v-7h2.5v7z"),
    (Icon::Key, "i-key", "M10.2 2.5a3.3 3.3 0 1 1-2.6 5.3L2.5 12.9v.6h2v-1.6h1.6v-1.6h1.5M11 5v.1"),
    (Icon::Sliders, "i-sliders", "M2.5 4.5h5M11 4.5h2.5M2.5 11.5h2.5M8.5 11.5h5M9.3 2.8v3.4M6.7 9.8v3.4"),
    (Icon::Log, "i-log", "M3.5 2.5h9v11h-9zM6 5.5h4M6 8h4M6 10.5h2.5"),
    (Icon::Edit, "i-edit", "M3 13l.7-3 6.8-6.8 2.3 2.3L6 12.3zM9 4.7 11.3 7"),
    (Icon::Approve, "i-approve", "M3 3h10v10H3zM5.5 8l2 2 3.5-4"),
    (Icon::Release, "i-release", "M3 2.5h10M8 13.5V5M4.5 8.5 8 5l3.5 3.5"),
    (Icon::Rules, "i-rules", "M2.5 4h2M2.5 8h2M2.5 12h2M7 4h6.5M7 8h6.5M7 12h4"),
    (Icon::Extract, "i-extract", "M2.5 5V2.5H5M11 2.5h2.5V5M13.5 11v2.5H11M5 13.5H2.5V11M5 6.5h6M5 9.5h4"),
    (
        Icon::Route,
        "i-route",
        "M4 5a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM12 14a1.5 1.5 0 1 0 0-3 1.5 1.5 0 0 0 0 3zM4 5v4c0 2 1.5 3.5 3.5 3.5h3M7 3.5h3c1.5 0 2 1 2 2V11",
    ),
    (
        Icon::Target,
        "i-target",
        "M8 13.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
    ),
    (Icon::Fields, "i-fields", "M2.5 3.5h11v3h-11zM2.5 9.5h11v3h-11zM6 3.5v3M6 9.5v3"),
    (Icon::Bulb, "i-bulb", "M6 11.5c0-1.5-2-2.3-2-4.7a4 4 0 0 1 8 0c0 2.4-2 3.2-2 4.7zM6.5 13.5h3"),
    (Icon::Download, "i-download", "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10"),
    (Icon::Hourglass, "i-hourglass", "M4 2.5h8M4 13.5h8M5 2.5v2.2L8 8l3-3.3V2.5M5 13.5v-2.2L8 8l3 3.3v2.2"),
    (Icon::Upload, "i-upload", "M8 10.5V3M4.8 6 8 2.8 11.2 6M3 13.5h10"),
    (Icon::Columns, "i-columns", "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10"),
    (Icon::Check, "i-check", "M3.5 8.5l3 3 6-7"),
    (Icon::Cross, "i-cross", "M4 4l8 8M12 4l-8 8"),
    (Icon::Question, "i-question", "M5.5 6A2.5 2.5 0 1 1 8 8.5v1.2M8 12.2v.1"),
    (Icon::Menu, "i-menu", "M2.5 4.5h11M2.5 8h11M2.5 11.5h11"),
    (Icon::Alert, "i-alert", "M8 2.5 14 13H2zM8 6.5v3M8 11.2v.1"),
    (Icon::Info, "i-info", "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 7.5v3.2M8 5.2v.1"),
    (Icon::Search, "i-search", "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2"),
    (Icon::Filter, "i-filter", "M2.5 4.5h11M4.8 8h6.4M6.8 11.5h2.4"),
    (Icon::SignOut, "i-signout", "M6.5 2.8H3.2v10.4h3.3M6.5 8h7M10.8 5.2 13.5 8l-2.7 2.8"),
    (Icon::Back, "i-back", "M9.8 3.8 5.6 8l4.2 4.2"),
    (Icon::Forward, "i-forward", "M6.2 3.8 10.4 8l-4.2 4.2"),
    (Icon::List, "i-list", "M3 4.2h.1M3 8h.1M3 11.8h.1M6 4.2h7.5M6 8h7.5M6 11.8h7.5"),
    (Icon::Inbox, "i-inbox", "M2.5 9.5h3l1 2h3l1-2h3M2.5 9.5 4 3.5h8l1.5 6V13h-11z"),
    (
        Icon::Person,
        "i-person",
        "M8 7.5A2.5 2.5 0 1 0 8 2.5a2.5 2.5 0 0 0 0 5zM3.2 13.5c.3-2.7 2-4 4.8-4s4.5 1.3 4.8 4",
    ),
    (Icon::Merge, "i-merge", "M4 2.5v3C4 7.5 8 7.5 8 10v3.5M12 2.5v3C12 7.5 8 7.5 8 10M6 11.5l2 2 2-2"),
    (Icon::Eraser, "i-eraser", "M6 13.5 2.5 10l6.8-6.8 4.5 4.5-5.8 5.8zM5.8 6.7l4.5 4.5M6 13.5h7.5"),
    (Icon::Send, "i-send", "M13.5 2.5 2.5 7l4 2 2 4.5zM6.5 9l3-3"),
    (Icon::Clock, "i-clock", "M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM8 5v3.2l2 1.3"),
    (Icon::Stop, "i-stop", "M5.5 2.5h5l3 3v5l-3 3h-5l-3-3v-5zM8 5.5v3M8 10.7v.1"),
];

impl Icon {
    fn href(self) -> &'static str {
        ALL.iter().find(|(icon, ..)| *icon == self).map_or("", |(_, id, _)| id)
    }
}

/// Renders all icons as symbols, once per page; [`icon`] refers to them.
#[component]
pub fn Sprite() -> impl IntoView {
    let symbols = ALL
        .iter()
        .map(|(_, id, path)| view! { <symbol id=*id viewBox="0 0 16 16"><path d=*path></path></symbol> });
    view! { <svg hidden aria-hidden="true">{symbols.collect_view()}</svg> }
}

/// Renders an icon. Screen readers skip it, so it always needs a word beside it, at least as `.sr`.
pub fn icon(icon: Icon) -> impl IntoView {
    view! { <svg class="i" aria-hidden="true"><use_ href=format!("#{}", icon.href())></use_></svg> }
}

/// Renders the product's logo.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2" stroke-linejoin="round" aria-hidden="true">
            <path d="M2.5 15.5v-11l7.5 7 7.5-7v11"></path>
            <path d="M2.5 4.5 10 2l7.5 2.5" opacity=".4"></path>
        </svg>
    }
}
