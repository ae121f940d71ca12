//! Builds the bundle of a release: the live bundle with one version replaced.

use engine::canonical::Digest;
use sqlx::PgConnection;
use store::Result;
use store::actor::Actor;
use store::workflows::{self, Version};

use crate::affected::AffectedWorkflow;

/// Stores the live bundle with a version in its place and returns the hash, or the reason why the version does not fit.
pub(super) async fn build(
    connection: &mut PgConnection,
    actor: &Actor,
    around: AffectedWorkflow,
    version: &Version,
) -> Result<std::result::Result<Digest, String>> {
    let (workflow, name, title) = (around.workflow, around.name.clone(), around.title.clone());
    match around.bundle_with(version) {
        Ok(ids) => workflows::assemble(connection, actor, workflow, &name, &ids).await.map(Ok),
        Err(problem) => Ok(Err(format!("it does not fit what is live in {title}: {problem}"))),
    }
}
