//! The people that content hands leads to. They have to exist, be active, and take leads.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Kind;
use crate::problem::{Problem, nearest};
use crate::role::Role;

/// A place in content that names a person who gets leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignee {
    /// The JSON pointer to the e-mail address.
    pub pointer: String,
    /// The e-mail address.
    pub email: String,
}

/// What is known of a person who is to get leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPerson {
    /// Display name.
    pub name: String,
    /// Whether the person can sign in; a deactivated person cannot.
    pub is_active: bool,
    /// Whether the person holds the role that gets leads, [`Role::Ae`].
    pub takes_leads: bool,
}

/// Returns the people that content of a kind hands leads to.
pub fn assignees(kind: Kind, body: &Json) -> Vec<Assignee> {
    kind.spec().assignees.map(|assignees| assignees(body)).unwrap_or_default()
}

/// Returns a problem for each person in the content who cannot get leads. `known` holds at least the named people who exist, and
/// all who could be named instead, by e-mail address.
pub fn check_assignees(kind: Kind, body: &Json, known: &BTreeMap<String, KnownPerson>) -> Vec<Problem> {
    let able = || known.iter().filter(|(_, person)| person.is_active && person.takes_leads);
    let all = assignees(kind, body);
    let problem = |Assignee { pointer, email }: Assignee| {
        let role = Role::Ae.title();
        let message = match known.get(&email) {
            Some(KnownPerson { is_active: true, takes_leads: true, .. }) => return None,
            Some(KnownPerson { name, is_active: false, .. }) => {
                format!("{name} is deactivated and cannot get leads. Remove them from the pool.")
            }
            Some(KnownPerson { name, .. }) => {
                format!("{name} cannot get leads: they do not have the role {role}.")
            }
            None => {
                let near = nearest(&email, able().map(|(email, _)| email.as_str()));
                let message = format!("There is no person with the address `{email}`.");
                return Some(Problem::at(pointer, message).suggest(near));
            }
        };
        Some(Problem::at(pointer, message))
    };
    all.into_iter().filter_map(problem).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_active_people_who_take_leads_are_accepted() {
        let person =
            |name: &str, is_active, takes_leads| KnownPerson { name: name.into(), is_active, takes_leads };
        let known = BTreeMap::from([
            ("jane@acme.example".to_owned(), person("Jane Doe", true, true)),
            ("omar@acme.example".to_owned(), person("Omar Reyes", false, true)),
            ("ada@acme.example".to_owned(), person("Ada Keller", true, false)),
        ]);
        let member = |email: &str| json!({ "person": email });
        let pool = json!({ "name": "aes", "members": [
            member("jane@acme.example"), member("jan@acme.example"), member("omar@acme.example"), member("ada@acme.example"),
        ] });
        let found: Vec<String> =
            check_assignees(Kind::Pool, &pool, &known).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "/members/1/person: There is no person with the address `jan@acme.example`. Did you mean `jane@acme.example`?",
                "/members/2/person: Omar Reyes is deactivated and cannot get leads. Remove them from the pool.",
                "/members/3/person: Ada Keller cannot get leads: they do not have the role AE.",
            ]
        );
        assert_eq!(check_assignees(Kind::RuleSet, &pool, &known), []);
        // A deactivated person is no suggestion.
        let near = json!({ "name": "aes", "members": [member("oma@acme.example")] });
        assert_eq!(check_assignees(Kind::Pool, &near, &known)[0].suggestion, None);
    }
}
