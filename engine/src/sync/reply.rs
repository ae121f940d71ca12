//! What a destination answered, in its own words.

use serde_json::Value as Json;

/// Longest message, in characters; enough for a sentence or two in a list.
const CHARS: usize = 300;
/// Members that hold the message, in order of preference. Services nest them, for example in `error` or `errors`.
const MEMBERS: [&str; 8] =
    ["message", "detail", "error_description", "title", "reason", "error", "errors", "body"];
/// How deep to look for the message.
const DEPTH: usize = 6;

/// Returns the message in a recorded response: that of the body if it is JSON, and the body itself if it is plain text.
/// Returns `None` if there is nothing to read, for example in a page of HTML without a title.
pub fn message(response: &Json) -> Option<String> {
    find(response, DEPTH).map(|text| {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match words.char_indices().nth(CHARS) {
            Some((end, _)) => format!("{}…", words[..end].trim_end()),
            None => words,
        }
    })
}

fn find(value: &Json, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    match value {
        Json::String(text) => read(text, depth),
        Json::Array(all) => all.iter().find_map(|one| find(one, depth)),
        Json::Object(members) => {
            MEMBERS.iter().filter_map(|name| members.get(*name)).find_map(|member| find(member, depth))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => None,
    }
}

/// Reads a text, which can be JSON or HTML itself.
fn read(text: &str, depth: usize) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if let Ok(inner @ (Json::Object(_) | Json::Array(_) | Json::String(_))) = serde_json::from_str(text) {
        return find(&inner, depth);
    }
    if text.starts_with('<') {
        let lower = text.to_ascii_lowercase();
        let start = lower.find("<title>")? + "<title>".len();
        let title = text.get(start..start + lower.get(start..)?.find("</title>")?)?.trim();
        return (!title.is_empty()).then(|| title.to_owned());
    }
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of_body(body: &str) -> Option<String> {
        message(&json!({ "body": body, "cut": false }))
    }

    #[test]
    fn the_message_is_found_wherever_services_put_it() {
        let said = Some("field owner is unknown in this CRM".to_owned());
        for body in [
            "field owner is unknown in this CRM",
            "  field owner\n is unknown in this CRM ",
            r#"{"message": "field owner is unknown in this CRM", "code": 7}"#,
            r#"{"error": {"code": 400, "message": "field owner is unknown in this CRM"}}"#,
            r#"[{"errorCode": "INVALID", "message": "field owner is unknown in this CRM"}]"#,
            r#"{"errors": [{"detail": "field owner is unknown in this CRM"}]}"#,
            r#"{"error": "field owner is unknown in this CRM"}"#,
            "<html><head><TITLE>field owner is unknown in this CRM</TITLE></head></html>",
        ] {
            assert_eq!(of_body(body), said, "{body}");
        }
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        for body in ["", "  ", "{}", "[]", "<html></html>", r#"{"code": 7}"#, r#"{"message": ""}"#] {
            assert_eq!(of_body(body), None, "{body}");
        }
        assert_eq!(message(&Json::Null), None);
    }

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let long = message(&json!({ "body": "ä".repeat(1_000) })).unwrap_or_default();
        assert_eq!(long.chars().count(), CHARS + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn nesting_is_bounded() {
        let mut nested = json!("deep");
        for _ in 0..100 {
            nested = json!({ "error": nested });
        }
        assert_eq!(message(&nested), None);
    }
}
