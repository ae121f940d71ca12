//! What is found by name beside leads and people.

use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait as _, DerivePartialModel, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use crate::entity::version;
use crate::error::Result;
use crate::pool::Store;

/// Versions found at most: who gets more types another letter.
const FOUND: u64 = 8;

/// Something that has versions.
#[derive(Clone, Debug, PartialEq, Eq, DerivePartialModel)]
#[sea_orm(entity = "version::Entity")]
pub struct Versioned {
    /// What it is: `map`, `rule_set`, `list`, `pool` or `catalogue`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its newest version.
    #[sea_orm(from_expr = "version::Column::Version.max()")]
    pub version: i32,
}

/// Maps, fields, rule sets, lists and pools with this in their name.
///
/// # Errors
/// When the database fails.
pub async fn versions(store: &Store, text: &str) -> Result<Vec<Versioned>> {
    let place = Func::cust("strpos")
        .arg(Func::lower(version::Column::Name.into_expr()))
        .arg(Func::lower(Expr::val(text)));
    Ok(version::Entity::find()
        .filter(Expr::expr(place).gt(0))
        .group_by(version::Column::Kind)
        .group_by(version::Column::Name)
        .order_by_asc(version::Column::Name)
        .order_by_asc(version::Column::Kind)
        .limit(FOUND)
        .into_partial_model()
        .all(store.db())
        .await?)
}
