//! Feature rows and the codes of their texts.

use std::collections::{BTreeSet, HashMap};

use engine::ids::WorkflowId;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::error::Result;
use crate::log::column;

/// A decision's inputs as codes.
#[derive(Clone, Debug)]
pub struct FeatureRow {
    /// The decision.
    pub decision_id: Uuid,
    /// The lead, for erasure.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Version of the catalogue that orders the fields.
    pub catalogue_version: i32,
    /// The cells.
    pub cells: Vec<u8>,
}

/// Writes feature rows.
///
/// # Errors
/// When the database fails.
pub async fn insert_features(connection: &mut PgConnection, rows: &[FeatureRow]) -> Result<()> {
    sqlx::query(
        "INSERT INTO features (decision_id, lead_id, workflow_id, catalogue_version, cells) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::bytea[])",
    )
    .bind(column(rows, |row| row.decision_id))
    .bind(column(rows, |row| row.lead_id))
    .bind(column(rows, |row| row.workflow_id))
    .bind(column(rows, |row| row.catalogue_version))
    .bind(column(rows, |row| row.cells.clone()))
    .execute(connection)
    .await?;
    Ok(())
}

/// The codes of texts in feature rows, made where they are missing. Runs in its own transaction, before the commit of
/// the decisions that use them.
///
/// # Errors
/// When the database fails.
pub async fn feature_codes(
    connection: &mut PgConnection,
    workflow: WorkflowId,
    texts: &BTreeSet<(String, String)>,
) -> Result<HashMap<(String, String), i32>> {
    let texts: Vec<&(String, String)> = texts.iter().collect();
    let fields = column(&texts, |(field, _)| field.clone());
    let hashes = column(&texts, |(_, value)| Sha256::digest(value).to_vec());
    sqlx::query(
        "INSERT INTO feature_dictionary (workflow_id, field, value_hash, value) SELECT $1, u.* FROM unnest($2::text[], $3::bytea[], $4::text[]) AS u \
         ON CONFLICT DO NOTHING",
    )
    .bind(workflow.0)
    .bind(&fields)
    .bind(&hashes)
    .bind(column(&texts, |(_, value)| value.clone()))
    .execute(&mut *connection)
    .await?;
    let rows: Vec<(String, String, i32)> = sqlx::query_as(
        "SELECT d.field, d.value, d.code FROM feature_dictionary d JOIN unnest($2::text[], $3::bytea[]) AS u (field, value_hash) \
         ON d.workflow_id = $1 AND d.field = u.field AND d.value_hash = u.value_hash",
    )
    .bind(workflow.0)
    .bind(&fields)
    .bind(&hashes)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(field, value, code)| ((field, value), code)).collect())
}
