//! Entities on a borrowed connection, so that one transaction can mix SeaORM and hand-written SQL.
//!
//! SeaORM's own `DatabaseTransaction` does not expose its connection, and its [`Statement`] boxes every value, which
//! would rule out arrays by column on the hot paths. Transactions therefore belong to sqlx, functions that write take
//! `&mut PgConnection`, and [`orm`] lends that connection to SeaORM for one statement:
//!
//! ```text
//! let mut tx = store.begin().await?;
//! setting::Entity::insert(row).exec_without_returning(&orm(&mut tx)).await?;
//! audit(&mut tx, actor, entry).await?;
//! tx.commit().await?;
//! ```

use std::sync::Arc;

use sea_orm::prelude::async_trait::async_trait;
use sea_orm::sea_query::Values;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use sea_query_sqlx::SqlxValues;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor as _, PgConnection, Postgres};
use tokio::sync::Mutex;

/// A connection for reading and writing entities. It is borrowed mutably, so the lock is never contended; it exists
/// only because [`ConnectionTrait`] takes `&self`.
pub(crate) struct Orm<'c>(Mutex<&'c mut PgConnection>);

/// Lends a connection, usually a transaction's, to SeaORM.
pub(crate) fn orm(connection: &mut PgConnection) -> Orm<'_> {
    Orm(Mutex::new(connection))
}

#[async_trait]
impl ConnectionTrait for Orm<'_> {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut connection = self.0.lock().await;
        let done = query(statement).execute(&mut **connection).await.map_err(exec_error)?;
        Ok(done.into())
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut connection = self.0.lock().await;
        let done = (**connection).execute(AssertSqlSafe(sql.to_owned())).await.map_err(exec_error)?;
        Ok(done.into())
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut connection = self.0.lock().await;
        let row = query(statement).fetch_optional(&mut **connection).await.map_err(query_error)?;
        Ok(row.map(QueryResult::from))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut connection = self.0.lock().await;
        let rows = query(statement).fetch_all(&mut **connection).await.map_err(query_error)?;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }
}

/// Builds the same prepared statement that SeaORM builds on its own connection.
fn query(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

#[cfg(test)]
mod tests {
    use sea_orm::{EntityTrait as _, SelectExt as _, Set};
    use serde_json::json;

    use super::*;
    use crate::Error;
    use crate::entity::setting;
    use crate::testing::TestDatabase;

    fn row(name: &str) -> setting::ActiveModel {
        setting::ActiveModel { name: Set(name.to_owned()), value: Set(json!(1)) }
    }

    #[tokio::test]
    async fn an_entity_and_hand_written_sql_share_a_transaction() {
        let db = TestDatabase::new().await;
        let mut tx = db.store.begin().await.unwrap();
        setting::Entity::insert(row("by_entity")).exec_without_returning(&orm(&mut tx)).await.unwrap();
        let value: serde_json::Value =
            sqlx::query_scalar("SELECT value FROM settings WHERE name = 'by_entity'")
                .fetch_one(&mut *tx)
                .await
                .unwrap();
        assert_eq!(value, json!(1));
        sqlx::query("INSERT INTO settings (name, value) VALUES ('by_hand', '2')")
            .execute(&mut *tx)
            .await
            .unwrap();
        assert!(setting::Entity::find_by_id("by_hand").exists(&orm(&mut tx)).await.unwrap());
        tx.rollback().await.unwrap();
        for name in ["by_entity", "by_hand"] {
            assert!(
                !setting::Entity::find_by_id(name).exists(db.store.db()).await.unwrap(),
                "{name} is kept"
            );
        }
    }

    #[tokio::test]
    async fn the_database_refuses_an_entity_as_it_refuses_hand_written_sql() {
        let db = TestDatabase::new().await;
        let mut connection = db.store.pool().acquire().await.unwrap();
        setting::Entity::insert(row("twice")).exec_without_returning(&orm(&mut connection)).await.unwrap();
        let again = setting::Entity::insert(row("twice")).exec_without_returning(&orm(&mut connection)).await;
        match again.map_err(Error::from) {
            Err(Error::Duplicate(constraint)) => assert_eq!(constraint, "settings_pkey"),
            other => panic!("{other:?}"),
        }
    }
}
