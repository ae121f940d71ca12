//! Placeholder.
use leptos::prelude::*;
/// Placeholder.
#[component]
pub fn Dashboard() -> impl IntoView {}
