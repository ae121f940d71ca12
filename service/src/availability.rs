//! Weight and absence of pool members. Both change outside releases and apply from the next pick.

use engine::change::Kind;
use engine::rules::pick::Pool;
use store::availability::{self, Availability};
use store::{Actor, Error, Result, Store, workflows};

/// Sets the weight and absence of a pool member.
///
/// # Errors
/// Returns [`Error::NotFound`] if the pool does not exist, and [`Error::Refused`] if the person is not in its newest version or
/// the weight is out of range.
pub async fn set(
    store: &Store,
    actor: &Actor,
    pool: &str,
    person: &str,
    wanted: &Availability,
) -> Result<()> {
    let newest = workflows::newest(&mut *store.pool().acquire().await?, Kind::Pool, pool).await?;
    let members: Pool = serde_json::from_value(newest.ok_or(Error::NotFound("pool"))?.body)?;
    if !members.members.iter().any(|member| member.person == person) {
        return Err(Error::Refused(format!("{person} is not in this pool")));
    }
    availability::set(store, actor, pool, person, wanted).await
}
