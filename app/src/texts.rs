//! The texts of pages, as functions with typed parameters. They are written in `locales/`, a file a page, in Fluent's syntax
//! (<https://projectfluent.org/fluent/guide/>); a text that no page uses any more is a warning of the compiler.

use std::sync::LazyLock;

#[allow(missing_docs, clippy::all, clippy::expect_used, clippy::unwrap_used)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));

    /// The messages with their parameters.
    #[cfg(test)]
    pub(super) static CONTRACTS: &[MessageContract] = MESSAGE_CONTRACTS;
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

/// Returns the text before, between or after the elements of a message, to be rendered. An empty text is left out: Leptos would render
/// it as a space.
pub(crate) fn part(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use fluent_typed::prelude::{FluentArgs, FluentNumber, FluentValue, L10nBundle};

    use super::generated::CONTRACTS;

    const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/texts.ftl"));

    /// The generated functions unwrap, so a message that cannot be formatted would break its page.
    #[test]
    fn every_message_can_be_formatted() {
        let bundle = L10nBundle::new_without_isolation("en", SOURCE.as_bytes()).unwrap();
        let numbers = [0.0, 1.0, 2.0, 5.0, 1.5].map(|n: f64| FluentValue::from(FluentNumber::from(n)));
        for value in numbers.into_iter().chain([FluentValue::from("Ana")]) {
            for message in CONTRACTS {
                let mut args = FluentArgs::new();
                for name in message.vars {
                    args.set(*name, value.clone());
                }
                for name in message.bool_vars {
                    args.set(*name, "true");
                }
                let elements = |is_term| -> Vec<&str> {
                    let all = message.elements.iter();
                    all.filter(|element| element.is_term == is_term).map(|element| element.name).collect()
                };
                let text = match (message.attribute, message.elements) {
                    (Some(attribute), _) => bundle.attr(message.message, attribute, Some(args)),
                    (None, []) => bundle.msg(message.message, Some(args)),
                    (None, _) => bundle
                        .msg_segments(message.message, &elements(false), &elements(true), Some(args))
                        .map(|segments| segments.into_iter().map(|segment| segment.into_text()).collect()),
                };
                let text = text.unwrap_or_else(|error| panic!("{}: {error}", message.message));
                assert!(!text.trim().is_empty() && !text.contains("{$"), "{}: {text}", message.message);
            }
        }
    }

    /// The generator skips a message that it does not understand.
    #[test]
    fn every_message_is_a_function() {
        let is_key = |line: &&str| line.starts_with(|letter: char| letter.is_ascii_lowercase());
        for line in SOURCE.lines().filter(is_key) {
            let key = line.split_once('=').unwrap().0.trim();
            assert!(CONTRACTS.iter().any(|message| message.message == key), "{key}");
        }
    }
}
