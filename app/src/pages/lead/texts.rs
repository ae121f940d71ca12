//! The texts of an event.

use serde_json::Value as Json;

use crate::ui::words;

/// Maximum number of texts to show of one event.
const TEXTS: usize = 80;
/// Levels of a payload that are listed separately; anything deeper is shown as JSON.
const LEVELS: usize = 4;

/// One text of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventText {
    /// JSON pointer to the text.
    pub path: String,
    /// Display label.
    pub label: String,
    /// The text. Values other than strings appear as JSON, the form to which evidence spans refer.
    pub text: String,
}

/// Returns the texts of an event in order: payload, lead fields, source.
pub fn texts(source: &str, body: &Json) -> Vec<EventText> {
    let mut texts = Vec::new();
    for part in ["payload", "lead"] {
        if let Some(json) = body.get(part) {
            collect(json, &format!("/{part}"), "", LEVELS, &mut texts);
        }
    }
    texts.truncate(TEXTS - 1);
    texts.push(EventText {
        path: "/source".into(),
        label: crate::texts::texts().lead_source(),
        text: source.to_owned(),
    });
    texts
}

fn collect(json: &Json, path: &str, label: &str, levels: usize, texts: &mut Vec<EventText>) {
    match json {
        Json::Null => {}
        Json::Object(members) if levels > 0 => {
            for (name, member) in members {
                let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                let name = words::sentence(name);
                let label = if label.is_empty() { name } else { format!("{label} {}", name.to_lowercase()) };
                collect(member, &path, &label, levels - 1, texts);
            }
        }
        Json::String(text) => {
            texts.push(EventText { path: path.to_owned(), label: label.to_owned(), text: text.clone() })
        }
        other => {
            texts.push(EventText { path: path.to_owned(), label: label.to_owned(), text: other.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_in_the_order_of_the_event() {
        let body = json!({"lead": {"email": "a@b.example", "name": null}, "payload": {"size": 120, "a/b": {"c": "x"}, "tags": ["p", "q"]}});
        let texts: Vec<_> =
            texts("website", &body).into_iter().map(|text| (text.path, text.label, text.text)).collect();
        let expected = [
            ("/payload/size", "Size", "120"),
            ("/payload/a~1b/c", "A/b c", "x"),
            ("/payload/tags", "Tags", r#"["p","q"]"#),
            ("/lead/email", "Email", "a@b.example"),
            ("/source", "Source", "website"),
        ];
        assert_eq!(
            texts,
            expected.map(|(path, label, text)| (path.to_owned(), label.to_owned(), text.to_owned()))
        );
    }
}
