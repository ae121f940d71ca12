//! Feature rows and the codes for their texts.
//!
//! Hand-written SQL: the hot path of events, with one array per column.

use std::collections::{BTreeSet, HashMap};

use engine::ids::WorkflowId;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::columns::{Columns, TableRow as _, columns};
use crate::error::Result;

/// Encoded inputs of a decision.
#[derive(Clone, Debug)]
pub struct FeatureRow {
    /// The decision.
    pub decision_id: Uuid,
    /// The lead; erasure deletes its rows.
    pub lead_id: Uuid,
    /// The workflow.
    pub workflow_id: Uuid,
    /// Version of the catalogue that defines the field order.
    pub catalogue_version: i32,
    /// Encoded cells.
    pub cells: Vec<u8>,
}

columns!(FeatureRow { decision_id, lead_id, workflow_id, catalogue_version, cells });

/// Inserts feature rows.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert_features(connection: &mut PgConnection, rows: &[FeatureRow]) -> Result<()> {
    FeatureRow::columns(rows).insert_into("features", "", connection).await?;
    Ok(())
}

/// Returns the codes for texts in feature rows and creates missing ones. Runs in its own transaction, before the
/// commit of the decisions that use them.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn feature_codes(
    connection: &mut PgConnection,
    workflow: WorkflowId,
    texts: &BTreeSet<(String, String)>,
) -> Result<HashMap<(String, String), i32>> {
    struct Text<'a> {
        field: &'a str,
        value: &'a str,
        value_hash: Vec<u8>,
    }
    let texts: Vec<Text<'_>> = texts
        .iter()
        .map(|(field, value)| Text { field, value, value_hash: Sha256::digest(value).to_vec() })
        .collect();
    let keys = || {
        Columns::of(&texts)
            .with("workflow_id", |_| workflow.0)
            .with("field", |text| text.field)
            .with("value_hash", |text| &text.value_hash)
    };
    keys()
        .with("value", |text| text.value)
        .insert_into("feature_dictionary", "ON CONFLICT DO NOTHING", connection)
        .await?;
    let (keys, names) = (keys(), keys().names());
    let sql = format!(
        "SELECT d.field, d.value, d.code FROM feature_dictionary d JOIN {} USING ({names})",
        keys.table("wanted")
    );
    let rows: Vec<(String, String, i32)> = keys.query_as(sql)?.fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(field, value, code)| ((field, value), code)).collect())
}
