//! The bundle of a release: what is live, with one version in its place.

use engine::canonical::Digest;
use sqlx::PgConnection;
use store::Result;
use store::actor::Actor;
use store::workflows::{self, Version};

use crate::surroundings::Surroundings;

/// Stores the bundle in which a version has taken its place in what is live, and returns its hash; or says why the version
/// does not fit.
pub(super) async fn build(
    connection: &mut PgConnection,
    actor: &Actor,
    around: Surroundings,
    version: &Version,
) -> Result<std::result::Result<Digest, String>> {
    let (workflow, name, title) = (around.workflow, around.name.clone(), around.title.clone());
    match around.bundle_with(version) {
        Ok(ids) => workflows::assemble(connection, actor, workflow, &name, &ids).await.map(Ok),
        Err(problem) => Ok(Err(format!("it does not fit what is live in {title}: {problem}"))),
    }
}
