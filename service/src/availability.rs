//! Weight and absence of pool members: they change outside releases, from the next pick on.

use engine::change::Kind;
use engine::rules::pick::Pool;
use store::availability::{self, Availability};
use store::{Actor, Error, Result, Store, workflows};

/// Sets weight and absence of a member of a pool.
///
/// # Errors
/// [`Error::NotFound`] when there is no such pool, [`Error::Refused`] when the person is not in its newest version or the weight
/// is out of range.
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
