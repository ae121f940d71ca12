//! The WebDAV (RFC 4918) and CalDAV (RFC 4791) documents that are sent and parsed.

use chrono::{DateTime, Utc};
use engine::sync::backoff::http_date;
use roxmltree::{Document, Node};

use super::slots::TimeSpan;

const DAV: &str = "DAV:";
const CALDAV: &str = "urn:ietf:params:xml:ns:caldav";

/// The `PROPFIND` body that asks for a calendar's type and our privileges.
pub const PROPFIND: &str = r#"<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:current-user-privilege-set/></D:prop></D:propfind>"#;

/// The `PROPFIND` body that asks for the times of last change of a calendar's members.
pub const LAST_MODIFIED: &str = r#"<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:getlastmodified/></D:prop></D:propfind>"#;

/// Returns a query for the calendar object with this UID (RFC 4791 §7.8.6). Our UIDs contain nothing that needs escaping in XML.
pub fn by_uid(uid: &str) -> String {
    query(&format!(
        r#"<C:prop-filter name="UID"><C:text-match collation="i;octet">{uid}</C:text-match></C:prop-filter>"#
    ))
}

/// Returns a query for the calendar objects with an occurrence in a span (RFC 4791 §9.9).
pub fn by_time(span: TimeSpan) -> String {
    let shown = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M%SZ");
    query(&format!(r#"<C:time-range start="{}" end="{}"/>"#, shown(span.start), shown(span.end)))
}

fn query(filter: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?><C:calendar-query xmlns:D="DAV:" xmlns:C="{CALDAV}"><D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">{filter}</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#
    )
}

/// A calendar object in a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarObject {
    /// The location as the server gives it: a path or a URL.
    pub href: String,
    /// The entity tag.
    pub etag: Option<String>,
    /// The content of the object.
    pub data: String,
}

/// A response that does not have the expected form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedResponse {
    /// It is not a multi-status document.
    NoMultistatus,
    /// Part of it is missing; contains the status that the server gave for that part.
    Partial(u16),
}

/// Parses the calendar objects in a multi-status response. Objects deleted in the meantime (404) are skipped.
///
/// # Errors
/// Returns [`MalformedResponse`] for any other incomplete response: a server that truncates it reports 507 (RFC 4791 §7.8), and a partial
/// calendar cannot be used to find free time.
pub fn objects(text: &str) -> Result<Vec<CalendarObject>, MalformedResponse> {
    let document = multistatus(text)?;
    let mut found = Vec::new();
    for response in responses(&document) {
        let href = text_of(child(response, DAV, "href")).unwrap_or_default();
        if let Some(code) = status(response)
            && !(200..300).contains(&code)
        {
            if code == 404 {
                continue;
            }
            return Err(MalformedResponse::Partial(code));
        }
        let good =
            children(response, DAV, "propstat").filter(|stat| status(*stat).is_none_or(|code| code == 200));
        let property = |namespace, name| {
            good.clone().find_map(|stat| text_of(child(child(stat, DAV, "prop")?, namespace, name)))
        };
        let Some(data) = property(CALDAV, "calendar-data") else {
            let code = children(response, DAV, "propstat").find_map(status).unwrap_or_default();
            if code == 404 {
                continue;
            }
            return Err(MalformedResponse::Partial(code));
        };
        found.push(CalendarObject { href, etag: property(DAV, "getetag"), data });
    }
    Ok(found)
}

/// A member of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionMember {
    /// The location as the server gives it.
    pub href: String,
    /// The time of the last change, if the server reports it.
    pub changed_at: Option<DateTime<Utc>>,
}

/// Parses the response to [`LAST_MODIFIED`]. Returns only calendar objects, not the calendar itself.
///
/// # Errors
/// Returns [`MalformedResponse`] if the response is not a complete multi-status document.
pub fn members(text: &str) -> Result<Vec<CollectionMember>, MalformedResponse> {
    let document = multistatus(text)?;
    if let Some(code) = responses(&document).find_map(status).filter(|code| !(200..300).contains(code)) {
        return Err(MalformedResponse::Partial(code));
    }
    let members = responses(&document).filter_map(|response| {
        let href = text_of(child(response, DAV, "href")).filter(|href| !href.ends_with('/'))?;
        let changed_at = children(response, DAV, "propstat")
            .find_map(|stat| text_of(child(child(stat, DAV, "prop")?, DAV, "getlastmodified")));
        Some(CollectionMember { href, changed_at: changed_at.as_deref().and_then(http_date) })
    });
    Ok(members.collect())
}

/// The properties of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Whether it is a calendar (RFC 4791 §4.2).
    pub is_calendar: bool,
    /// Whether we can write to it (RFC 3744 §5.4), if the server reports it.
    pub may_write: Option<bool>,
}

/// Parses the response to [`PROPFIND`].
///
/// # Errors
/// Returns [`MalformedResponse`] if the response is not a complete multi-status document.
pub fn collection(text: &str) -> Result<Collection, MalformedResponse> {
    let document = multistatus(text)?;
    let named = |namespace: &'static str, name: &'static str| {
        document.descendants().find(move |node| node.has_tag_name((namespace, name)))
    };
    let is_calendar =
        named(DAV, "resourcetype").is_some_and(|types| child(types, CALDAV, "calendar").is_some());
    let may_write = named(DAV, "current-user-privilege-set").filter(|set| set.has_children()).map(|set| {
        set.descendants()
            .any(|node| ["all", "write", "write-content"].iter().any(|name| node.has_tag_name((DAV, *name))))
    });
    Ok(Collection { is_calendar, may_write })
}

/// Parses a multi-status document. The parser rejects document type declarations by default, which rules out entity expansion.
fn multistatus(text: &str) -> Result<Document<'_>, MalformedResponse> {
    Document::parse(text)
        .ok()
        .filter(|document| document.root_element().has_tag_name((DAV, "multistatus")))
        .ok_or(MalformedResponse::NoMultistatus)
}

fn responses<'a, 'input>(document: &'a Document<'input>) -> impl Iterator<Item = Node<'a, 'input>> {
    children(document.root_element(), DAV, "response")
}

fn children<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> + Clone {
    node.children().filter(move |node| node.has_tag_name((namespace, name)))
}

fn child<'a, 'input>(
    node: Node<'a, 'input>,
    namespace: &'static str,
    name: &'static str,
) -> Option<Node<'a, 'input>> {
    node.children().find(|node| node.has_tag_name((namespace, name)))
}

/// Returns all text of an element: a parser may split long texts and CDATA into several nodes.
fn text_of(node: Option<Node<'_, '_>>) -> Option<String> {
    Some(node?.children().filter_map(|part| part.text()).collect::<String>().trim().to_owned())
}

/// Returns the code in `HTTP/1.1 200 OK`.
fn status(node: Node<'_, '_>) -> Option<u16> {
    text_of(child(node, DAV, "status"))?.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(responses: &str) -> String {
        format!(r#"<multistatus xmlns="DAV:" xmlns:C="{CALDAV}">{responses}</multistatus>"#)
    }

    #[test]
    fn objects_are_read_and_missing_ones_left_out() {
        let text = answer(
            "<response><href>/a/x.ics</href><propstat><prop><getetag>\"1\"</getetag><C:calendar-data>BEGIN &amp; <![CDATA[<END>]]></C:calendar-data></prop><status>HTTP/1.1 200 OK</status></propstat></response>\
             <response><href>/a/y.ics</href><status>HTTP/1.1 404 Not Found</status></response>",
        );
        let object = CalendarObject {
            href: "/a/x.ics".into(),
            etag: Some("\"1\"".into()),
            data: "BEGIN & <END>".into(),
        };
        assert_eq!(objects(&text).unwrap(), [object]);
        assert_eq!(objects(&answer("")).unwrap(), []);
    }

    #[test]
    fn an_incomplete_response_is_an_error() {
        let cut =
            answer("<response><href>/a/</href><status>HTTP/1.1 507 Insufficient Storage</status></response>");
        assert_eq!(objects(&cut), Err(MalformedResponse::Partial(507)));
        let denied = answer(
            "<response><href>/a/x</href><propstat><prop><C:calendar-data/></prop><status>HTTP/1.1 403 Forbidden</status></propstat></response>",
        );
        assert_eq!(objects(&denied), Err(MalformedResponse::Partial(403)));
        for text in
            ["", "<html/>", "<!DOCTYPE x [<!ENTITY a \"b\">]><multistatus xmlns=\"DAV:\">&a;</multistatus>"]
        {
            assert_eq!(objects(text), Err(MalformedResponse::NoMultistatus), "{text}");
        }
    }

    #[test]
    fn members_have_times_of_last_change() {
        let text = answer(
            "<response><href>/a/</href><propstat><prop><getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT</getlastmodified></prop></propstat></response>\
             <response><href>/a/x.ics</href><propstat><prop><getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT</getlastmodified></prop></propstat></response>\
             <response><href>/a/y.ics</href><propstat><prop/></propstat></response>",
        );
        let changed_at = Some("1994-11-06T08:49:37Z".parse().unwrap());
        let members = members(&text).unwrap();
        assert_eq!(members[0], CollectionMember { href: "/a/x.ics".into(), changed_at });
        assert_eq!(members[1..], [CollectionMember { href: "/a/y.ics".into(), changed_at: None }]);
    }

    #[test]
    fn a_collection_has_type_and_privileges() {
        let told = |types: &str, privileges: &str| {
            let text = answer(&format!(
                "<response><href>/a/</href><propstat><prop><resourcetype>{types}</resourcetype>{privileges}</prop></propstat></response>"
            ));
            collection(&text).unwrap()
        };
        assert_eq!(told("<collection/><C:calendar/>", ""), Collection { is_calendar: true, may_write: None });
        let reader =
            "<current-user-privilege-set><privilege><read/></privilege></current-user-privilege-set>";
        assert_eq!(told("<collection/>", reader), Collection { is_calendar: false, may_write: Some(false) });
    }
}
