//! Display titles of lists, pools, other versioned objects, and destinations. Titles have no effect on decisions:
//! rules and files use names.

use std::collections::BTreeMap;

use engine::change::Kind;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, UnionType};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _, QueryTrait, Set};
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::control::{Audit, audit};
use crate::entity::{destination, version_title};
use crate::error::{Error, Result};
use crate::orm::orm;
use crate::pool::Store;

/// Maximum length of a title in characters, as in the database.
pub const TITLE_CHARS: usize = 100;

/// An object that has a title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TitledObject<'a> {
    /// A versioned object, by kind and name.
    Version(Kind, &'a str),
    /// A destination, by name.
    Destination(&'a str),
}

/// All titles.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Titles {
    versions: BTreeMap<(Kind, String), String>,
    destinations: BTreeMap<String, String>,
}

impl Titles {
    /// Returns the title of an object, if it has one.
    pub fn get(&self, what: TitledObject<'_>) -> Option<&str> {
        let title = match what {
            TitledObject::Version(kind, name) => self.versions.get(&(kind, name.to_owned())),
            TitledObject::Destination(name) => self.destinations.get(name),
        };
        title.map(String::as_str)
    }
}

/// Returns all titles. There are about as many as lists, pools and destinations.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn titles(store: &Store) -> Result<Titles> {
    let mut versions = version_title::Entity::find().select_only().columns([
        version_title::Column::Kind,
        version_title::Column::Name,
        version_title::Column::Title,
    ]);
    let destinations = destination::Entity::find()
        .select_only()
        .expr(Expr::val(None::<String>))
        .columns([destination::Column::Name, destination::Column::Title])
        .filter(destination::Column::Title.is_not_null());
    // Use one statement for both, since every page reads them.
    QueryTrait::query(&mut versions).union(UnionType::All, destinations.into_query());
    let rows: Vec<(Option<String>, String, String)> = versions.into_tuple().all(store.db()).await?;
    let mut titles = Titles::default();
    for (kind, name, title) in rows {
        match kind {
            Some(kind) => {
                let known = kind.parse().map_err(|_| Error::Corrupt(format!("kind {kind}")))?;
                titles.versions.insert((known, name), title);
            }
            None => drop(titles.destinations.insert(name, title)),
        }
    }
    Ok(titles)
}

/// Sets or removes a title, and returns whether that changed anything. The object need not exist yet: a list has a
/// title from its first draft on.
///
/// # Errors
/// Returns [`Error::Refused`] if the title is empty or too long.
pub async fn set(
    connection: &mut PgConnection,
    actor: &Actor,
    what: TitledObject<'_>,
    title: Option<&str>,
) -> Result<bool> {
    let (changed, action, subject) = match what {
        TitledObject::Version(kind, name) => {
            let changed = set_of_version(connection, kind, name, title).await?;
            (changed, "version.set_title", format!("{kind}:{name}"))
        }
        TitledObject::Destination(name) => {
            let is_other = match title {
                Some(title) => destination::Column::Title.is_null().or(destination::Column::Title.ne(title)),
                None => destination::Column::Title.is_not_null(),
            };
            let row = destination::ActiveModel { title: Set(title.map(str::to_owned)), ..Default::default() };
            let done = destination::Entity::update_many()
                .set(row)
                .filter(destination::Column::Name.eq(name))
                .filter(is_other)
                .exec(&orm(connection))
                .await?;
            (done.rows_affected > 0, "destination.set_title", format!("destination:{name}"))
        }
    };
    if changed {
        let detail = serde_json::json!({ "title": title });
        audit(connection, actor, Audit { action, subject: &subject, lead: None, detail }).await?;
    }
    Ok(changed)
}

async fn set_of_version(
    connection: &mut PgConnection,
    kind: Kind,
    name: &str,
    title: Option<&str>,
) -> Result<bool> {
    let Some(title) = title else {
        let key = (kind.to_string(), name.to_owned());
        let done = version_title::Entity::delete_by_id(key).exec(&orm(connection)).await?;
        return Ok(done.rows_affected > 0);
    };
    let row = version_title::ActiveModel {
        kind: Set(kind.to_string()),
        name: Set(name.to_owned()),
        title: Set(title.to_owned()),
    };
    let is_other = Expr::col((version_title::Entity, version_title::Column::Title)).ne(title);
    let done = version_title::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([version_title::Column::Kind, version_title::Column::Name])
                .update_column(version_title::Column::Title)
                .action_and_where(is_other)
                .to_owned(),
        )
        .exec_without_returning(&orm(connection))
        .await?;
    Ok(done > 0)
}
