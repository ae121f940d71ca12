//! The list of finished effects, newest first: what was delivered, and what was not sent and why.
//!
//! Hand-written SQL: a keyset list of the log of deliveries.

use chrono::{DateTime, Utc};
use engine::identity::normal_email;
use engine::ids::{DeliveryId, DestinationId};
use sqlx::{FromRow, Postgres, QueryBuilder};
use uuid::Uuid;

use crate::error::Result;
use crate::pool::Store;
use crate::reads::keyset::{self, Order};

/// Number of rows on a page.
pub const PAGE_ROWS: usize = 50;
/// Maximum number of rows to search for a page if no index covers the filter.
pub const SEARCHED_ROWS: i64 = 5_000;
/// Shortest key to search for, in hexadecimal digits.
pub const KEY_DIGITS: usize = 6;

/// How an effect ended.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum FinalState {
    /// The destination accepted it.
    Delivered,
    /// It expired before it was sent.
    Expired,
    /// A later decision was delivered first, so it was not sent.
    Superseded,
    /// The person was erased before it was sent.
    Withdrawn,
}

impl TryFrom<String> for FinalState {
    type Error = strum::ParseError;
    fn try_from(text: String) -> Result<Self, strum::ParseError> {
        text.parse()
    }
}

/// Filters finished effects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Only effects for this destination.
    pub destination: Option<DestinationId>,
    /// Only effects that ended this way.
    pub state: Option<FinalState>,
    /// Text to find in the lead's name, company, e-mail address or source ID; an e-mail address or a lead's ID is found
    /// without a search.
    pub lead: Option<String>,
    /// Beginning of the idempotency key or the record key, in hexadecimal digits.
    pub key: Option<String>,
}

/// Cursor into the list, which is ordered by the ID of the last attempt.
pub type Cursor = keyset::Cursor<DeliveryId>;

/// A finished effect with its lead.
#[derive(Clone, Debug, FromRow)]
pub struct FinishedEffect {
    /// The attempt that finished the effect, which determines the order of the list.
    pub delivery_id: Uuid,
    /// The effect.
    pub effect_id: Uuid,
    /// The lead.
    pub lead_id: Uuid,
    /// Name of the destination.
    pub destination: String,
    /// Kind of write, for example `lead_update`.
    pub kind: String,
    /// How it ended.
    #[sqlx(try_from = "String")]
    pub state: FinalState,
    /// Number of attempts.
    pub attempts: i32,
    /// HTTP status code of the last attempt.
    pub status: Option<i32>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// When it expired, or would have.
    pub expires_at: Option<DateTime<Utc>>,
    /// When the decision was made.
    pub created_at: DateTime<Utc>,
    /// Idempotency key of the write.
    pub effect_key: Vec<u8>,
    /// The lead's name.
    pub name: Option<String>,
    /// The lead's company.
    pub company: Option<String>,
    /// The lead's e-mail address.
    pub email: Option<String>,
    /// The person's ID in the source system.
    pub external_id: Option<String>,
    /// When the person was erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// A page of the list.
#[derive(Clone, Debug, Default)]
pub struct HistoryPage {
    /// The rows, in list order.
    pub rows: Vec<FinishedEffect>,
    /// Cursors of the adjacent pages. If the search was cut off, the next one continues where it stopped.
    pub beside: keyset::AdjacentPages<DeliveryId>,
    /// Whether the search stopped at its limit.
    pub cut: bool,
}

/// Returns a page of at most `limit` finished effects that pass the filter.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn history(
    store: &Store,
    filter: &HistoryFilter,
    order: Order,
    cursor: Cursor,
    limit: usize,
) -> Result<HistoryPage> {
    let search = Search::of(store, filter).await?;
    let is_ascending = cursor.is_ascending(order);
    let direction = if is_ascending { "" } else { " DESC" };
    let mut query = QueryBuilder::new(
        "SELECT d.id AS delivery_id, d.effect_id, d.lead_id, n.name AS destination, d.kind, d.result AS state, d.attempt AS attempts, d.status, d.finished_at, \
         d.expires_at, d.created_at, d.effect_key, l.name, l.company, l.email, l.external_id, l.erased_at \
         FROM (SELECT d.*, e.kind, e.expires_at, e.created_at, e.effect_key, e.remote_key FROM (",
    );
    search.push_window(&mut query, "*", cursor, direction);
    query.push(" LIMIT ").push_bind(SEARCHED_ROWS).push(") d JOIN effects e ON e.id = d.effect_id) d");
    query.push(" JOIN destinations n ON n.id = d.destination_id JOIN leads l ON l.id = d.lead_id WHERE true");
    search.push_searched(&mut query);
    query.push(" ORDER BY d.id").push(direction).push(" LIMIT ").push_bind(limit as i64 + 1);
    let mut rows: Vec<FinishedEffect> = query.build_query_as().fetch_all(store.pool()).await?;
    let is_full = rows.len() > limit;
    let beside = keyset::turn(&mut rows, limit, &cursor, order, |row| DeliveryId(row.delivery_id));
    let mut page = HistoryPage { rows, beside, cut: false };
    if !is_full && let Some(end) = search.end(store, cursor, direction).await? {
        page.cut = true;
        if is_ascending {
            page.beside.newer = Some(Cursor::After(end));
        } else {
            page.beside.older = Some(Cursor::Before(end));
        }
    }
    Ok(page)
}

/// A filter whose e-mail address, lead and key are resolved.
struct Search {
    filter: HistoryFilter,
    /// The lead that the text names exactly.
    lead: Option<Uuid>,
    /// Text to search for in leads.
    text: Option<String>,
    /// The effects with this idempotency key, if there are any.
    effects: Vec<Uuid>,
}

impl Search {
    async fn of(store: &Store, filter: &HistoryFilter) -> Result<Self> {
        let text = filter.lead.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let mut search = Self {
            filter: filter.clone(),
            lead: text.and_then(|text| text.parse().ok()),
            text: text.map(str::to_owned),
            effects: Vec::new(),
        };
        if let Some(email) = text.and_then(normal_email) {
            search.lead = sqlx::query_scalar(
                "SELECT lead_id FROM lead_identities WHERE kind = 'email' AND source = '' AND value_hmac = $1",
            )
            .bind(store.keyring().lookup("identity:email", email.as_bytes()).as_slice())
            .fetch_optional(store.pool())
            .await?;
        }
        if search.lead.is_some() {
            search.text = None;
        }
        if let Some((from, to)) = filter.key.as_deref().and_then(range) {
            search.effects = sqlx::query_scalar(
                "SELECT effect_id FROM effect_keys WHERE effect_key >= $1 AND effect_key <= $2 LIMIT 50",
            )
            .bind(from)
            .bind(to)
            .fetch_all(store.pool())
            .await?;
        }
        Ok(search)
    }

    /// Returns whether rows must be read to find those that match.
    fn is_searched(&self) -> bool {
        self.text.is_some()
            || (self.filter.key.is_some() && self.effects.is_empty())
            || (self.filter.destination.is_some() && self.lead.is_none() && self.effects.is_empty())
    }

    /// Adds the query for the rows that indexes find, in list order.
    fn push_window(
        &self,
        query: &mut QueryBuilder<Postgres>,
        columns: &str,
        cursor: Cursor,
        direction: &str,
    ) {
        query.push("SELECT ").push(columns).push(" FROM deliveries w");
        // Inline the state: the planner uses a partial index only if it can see the value.
        query.push(match self.filter.state {
            None => " WHERE result IN ('delivered', 'expired', 'superseded', 'withdrawn')",
            Some(FinalState::Delivered) => " WHERE result = 'delivered'",
            Some(FinalState::Expired) => " WHERE result = 'expired'",
            Some(FinalState::Superseded) => " WHERE result = 'superseded'",
            Some(FinalState::Withdrawn) => " WHERE result = 'withdrawn'",
        });
        match cursor {
            Cursor::Start => {}
            Cursor::Before(id) => drop(query.push(" AND id < ").push_bind(id.0)),
            Cursor::After(id) => drop(query.push(" AND id > ").push_bind(id.0)),
        }
        if let Some(lead) = self.lead {
            query.push(" AND lead_id = ").push_bind(lead);
        }
        if !self.effects.is_empty() {
            query.push(" AND effect_id = ANY(").push_bind(self.effects.clone()).push(")");
        }
        query.push(" ORDER BY id").push(direction);
    }

    /// Adds the conditions that require a search.
    fn push_searched(&self, query: &mut QueryBuilder<Postgres>) {
        if let Some(destination) = self.filter.destination {
            query.push(" AND d.destination_id = ").push_bind(destination.0);
        }
        if let Some(text) = &self.text {
            let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
            query.push(" AND (l.name ILIKE ").push_bind(pattern.clone());
            query.push(" OR l.company ILIKE ").push_bind(pattern.clone());
            query.push(" OR l.email ILIKE ").push_bind(pattern.clone());
            query.push(" OR l.external_id ILIKE ").push_bind(pattern).push(")");
        }
        if let Some(key) = self.filter.key.as_deref().filter(|_| self.effects.is_empty()) {
            match range(key) {
                Some((from, to)) => {
                    query.push(" AND d.remote_key >= ").push_bind(from);
                    query.push(" AND d.remote_key <= ").push_bind(to);
                }
                // No key begins like this.
                None => drop(query.push(" AND false")),
            }
        }
    }

    /// Returns the last row searched, if the search stopped at its limit.
    async fn end(&self, store: &Store, cursor: Cursor, direction: &str) -> Result<Option<DeliveryId>> {
        if !self.is_searched() {
            return Ok(None);
        }
        let mut query = QueryBuilder::new("");
        self.push_window(&mut query, "id", cursor, direction);
        query.push(" OFFSET ").push_bind(SEARCHED_ROWS - 1).push(" LIMIT 1");
        let end: Option<Uuid> = query.build_query_scalar().fetch_optional(store.pool()).await?;
        Ok(end.map(DeliveryId))
    }
}

/// Returns the first and the last key that begin with these digits; `None` if no key does.
fn range(digits: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let digits = digits.trim();
    let digits = digits.strip_prefix("sha256:").unwrap_or(digits);
    if !(KEY_DIGITS..=64).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let bytes = |fill: char| -> Option<Vec<u8>> {
        let padded = format!("{digits}{}", fill.to_string().repeat(64 - digits.len()));
        (0..32).map(|at| u8::from_str_radix(padded.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
    };
    Some((bytes('0')?, bytes('f')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_first_digits() {
        let (from, to) = range(" sha256:ABCDEF1 ").unwrap();
        assert_eq!((from.len(), to.len()), (32, 32));
        assert_eq!(
            (&from[..5], &to[..5]),
            (&[0xab, 0xcd, 0xef, 0x10, 0][..], &[0xab, 0xcd, 0xef, 0x1f, 0xff][..])
        );
        let whole = "ab".repeat(32);
        let (from, to) = range(&whole).unwrap();
        assert_eq!(from, to);
        for wrong in ["", "abcde", "ghijkl", &"ab".repeat(33)] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }
}
