//! Erasing a person on request.

use engine::ids::LeadId;
use store::leads::Lead;
use store::{Actor, Error, Result, Store, erasure, leads};

/// The maximum length of a reason, in characters.
pub const REASON_CHARS: usize = 1_000;

/// Returns whether a text names the lead: by its name, e-mail address or ID, whatever the case.
pub fn names(lead: &Lead, text: &str) -> bool {
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let typed = folded(text);
    let id = lead.lead_id.to_string();
    let known = [lead.name.as_deref(), lead.email.as_deref(), Some(id.as_str())];
    !typed.is_empty() && known.into_iter().flatten().any(|known| folded(known) == typed)
}

/// Erases the person behind a lead. Returns the leads that were erased: it, and all that are merged with it.
///
/// # Errors
/// Returns [`Error::NotFound`] if the lead does not exist, and [`Error::Refused`] if the person was erased before or there is no
/// reason.
pub async fn erase(store: &Store, actor: &Actor, lead: LeadId, reason: &str) -> Result<Vec<LeadId>> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_CHARS {
        return Err(Error::Refused(format!("give a reason of at most {REASON_CHARS} characters")));
    }
    if leads::get(store, lead).await?.erased {
        return Err(Error::Refused("this person has already been erased".into()));
    }
    erasure::erase(store, actor, lead, reason).await
}
