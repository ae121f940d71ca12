//! The texts of pages, as functions with typed parameters. They are written in `locales/`, a file a page, in Fluent's syntax
//! (<https://projectfluent.org/fluent/guide/>); a text that no page uses any more is a warning of the compiler.

use std::sync::LazyLock;

#[allow(missing_docs, clippy::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

use generated::L10n;
pub(crate) use generated::L10nLanguage as Texts;

/// Uses what the generator writes for every program, so that only texts are reported as unused.
#[allow(dead_code)]
fn generated_for_every_program() {
    let _ = (L10n::iter, L10n::load_all, L10n::language_name, |bytes| Texts::new_external("en", bytes));
}

static ENGLISH: LazyLock<Texts> = LazyLock::new(|| L10n::En.load());

/// Returns the texts in the language of the request. There is one language so far.
pub(crate) fn texts() -> &'static Texts {
    &ENGLISH
}
