//! Rules that are switched off, or muted for an account, outside releases: what alters a decision and is not in its bundle.

use chrono::{DateTime, Utc};

use crate::decision::Conditions;

/// A rule that is switched off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleOff {
    /// The rule's id, whatever the version.
    pub rule: String,
    /// When it is on again by itself; `None` where a person switches it on.
    pub until: Option<DateTime<Utc>>,
}

/// A rule that is muted for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleMute {
    /// The rule's id, whatever the version.
    pub rule: String,
    /// Company domain; it covers its subdomains.
    pub account: String,
    /// When the rule applies to the account again.
    pub until: DateTime<Utc>,
}

/// What is switched off and muted in a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleSwitches {
    /// Rules that are off for everyone.
    pub off: Vec<RuleOff>,
    /// Rules that are muted for accounts.
    pub mutes: Vec<RuleMute>,
}

impl RuleSwitches {
    /// Returns whether a rule is muted for any account at that time, so that a lead's account matters.
    pub fn has_mutes(&self, now: DateTime<Utc>) -> bool {
        self.mutes.iter().any(|mute| mute.until > now)
    }

    /// Returns the conditions of a decision at that time about a lead with these domains. Weights are added when a person is
    /// picked.
    pub fn conditions(&self, domains: &[String], now: DateTime<Utc>) -> Conditions {
        let off = self.off.iter().filter(|off| off.until.is_none_or(|until| until > now));
        let covers = |mute: &&RuleMute| {
            mute.until > now && domains.iter().any(|domain| is_within(domain, &mute.account))
        };
        Conditions {
            rules_off: off.map(|off| off.rule.clone()).collect(),
            muted: self.mutes.iter().filter(covers).map(|mute| mute.rule.clone()).collect(),
            ..Conditions::default()
        }
    }
}

/// Returns whether a domain is an account's own or below it.
fn is_within(domain: &str, account: &str) -> bool {
    let below = domain.strip_suffix(account);
    below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// Reads the domain of an account as people type it: a domain, an e-mail address or a web address. `None` where it is none of
/// these.
pub fn account_domain(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
    let host = text.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let is_label = |label: &str| {
        !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
    };
    let is_domain = host.len() <= 253 && host.contains('.') && host.split('.').all(is_label);
    is_domain.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn switches() -> RuleSwitches {
        let later = NOW + TimeDelta::seconds(1);
        let off = |rule: &str, until| RuleOff { rule: rule.into(), until };
        let mute =
            |rule: &str, account: &str, until| RuleMute { rule: rule.into(), account: account.into(), until };
        RuleSwitches {
            off: vec![off("always", None), off("still", Some(later)), off("over", Some(NOW))],
            mutes: vec![mute("spam", "acme.example", later), mute("old", "acme.example", NOW)],
        }
    }

    fn muted(domains: &[&str]) -> Vec<String> {
        let domains: Vec<String> = domains.iter().map(|domain| (*domain).to_owned()).collect();
        switches().conditions(&domains, NOW).muted.into_iter().collect()
    }

    #[test]
    fn a_rule_is_off_until_its_time_and_on_from_then_on() {
        let off: Vec<String> = switches().conditions(&[], NOW).rules_off.into_iter().collect();
        assert_eq!(off, ["always", "still"]);
        let off: Vec<String> =
            switches().conditions(&[], NOW + TimeDelta::seconds(1)).rules_off.into_iter().collect();
        assert_eq!(off, ["always"]);
    }

    #[test]
    fn a_mute_covers_the_account_and_what_is_below_it() {
        assert_eq!(muted(&["acme.example"]), ["spam"]);
        assert_eq!(muted(&["other.example", "mail.acme.example"]), ["spam"]);
        for other in [&[][..], &["notacme.example"], &["acme.example.com"], &["example"]] {
            assert!(muted(other).is_empty(), "{other:?}");
        }
        assert!(switches().has_mutes(NOW));
        assert!(!switches().has_mutes(NOW + TimeDelta::seconds(1)));
    }

    #[test]
    fn an_account_is_named_by_its_domain_however_it_is_typed() {
        for text in
            ["acme.example", " ACME.example. ", "jane@acme.example", "https://www.acme.example/about?x=1"]
        {
            assert_eq!(account_domain(text).as_deref(), Some("acme.example"), "{text}");
        }
        assert_eq!(account_domain("müller.example").as_deref(), Some("müller.example"));
        for text in ["", "acme", "acme .example", "a..example", ".example", "jane@", "acme_corp.example"] {
            assert_eq!(account_domain(text), None, "{text}");
        }
        let long = format!("{}.example", "a".repeat(250));
        assert_eq!(account_domain(&long), None);
    }
}
