//! Bulk statements: many rows at once, passed as one array per column that Postgres unnests.
//!
//! Each column's name, type and values are declared together, so that two columns cannot be swapped unnoticed. The
//! arrays are encoded straight from the rows without cloning.

use sqlx::encode::Encode;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgBindIterExt as _, PgHasArrayType, PgRow, PgTypeInfo};
use sqlx::query::{Query, QueryAs};
use sqlx::{Arguments as _, AssertSqlSafe, FromRow, PgConnection, Postgres, Type, TypeInfo as _};

use crate::error::Result;

/// A struct whose fields are the columns of a table. [`columns!`] implements it.
pub(crate) trait TableRow: Sized {
    /// Column names, in field order.
    const COLUMNS: &'static [&'static str];

    /// Returns the columns of `rows`, ready to insert.
    fn columns(rows: &[Self]) -> Columns<'_, Self>;

    /// Returns the select list for a table or its alias.
    fn select(table: &str) -> String {
        Self::COLUMNS.iter().map(|column| format!("{table}.{column}")).collect::<Vec<_>>().join(", ")
    }
}

/// Implements [`TableRow`] for a struct. Every field must be listed; omitting one is a compile error.
macro_rules! columns {
    ($row:ident { $($field:ident),+ $(,)? }) => {
        impl $crate::columns::TableRow for $row {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn columns(rows: &[Self]) -> $crate::columns::Columns<'_, Self> {
                let _every_field = |$row { $($field: _),+ }: $row| {};
                $crate::columns::Columns::of(rows)$(.with(stringify!($field), |row| &row.$field))+
            }
        }
    };
}
pub(crate) use columns;

/// Columns of rows, as arguments of a statement.
pub(crate) struct Columns<'r, R> {
    rows: &'r [R],
    names: Vec<&'static str>,
    types: Vec<PgTypeInfo>,
    arguments: Result<PgArguments, BoxDynError>,
}

impl<'r, R> Columns<'r, R> {
    /// Creates an empty set of columns over `rows`.
    pub fn of(rows: &'r [R]) -> Self {
        Self { rows, names: Vec::new(), types: Vec::new(), arguments: Ok(PgArguments::default()) }
    }

    /// Adds a column with one value per row. The Postgres type follows from the value's type.
    pub fn with<V>(self, name: &'static str, value: impl Fn(&'r R) -> V) -> Self
    where
        V: Encode<'r, Postgres> + Type<Postgres> + PgHasArrayType,
    {
        let values = self.rows.iter().map(value);
        self.and(name, values)
    }

    /// Adds a column from an iterator that yields values in row order.
    pub fn and<V>(mut self, name: &'static str, values: impl Iterator<Item = V>) -> Self
    where
        V: Encode<'r, Postgres> + Type<Postgres> + PgHasArrayType,
    {
        self.names.push(name);
        self.types.push(V::array_type_info());
        self.arguments = self.arguments.and_then(|mut arguments| {
            arguments.add(values.bind_iter())?;
            Ok(arguments)
        });
        self
    }

    /// Returns the column names, as `INSERT INTO` expects them.
    pub fn names(&self) -> String {
        self.names.join(", ")
    }

    /// Returns the rows as a table expression for `FROM`. The arrays are the first parameters of the statement.
    pub fn table(&self, alias: &str) -> String {
        let arrays = self.types.iter().zip(1..).map(|(of, n)| format!("${n}::{}", of.name()));
        format!("unnest({}) AS {alias} ({})", arrays.collect::<Vec<_>>().join(", "), self.names())
    }

    /// Builds a statement that contains [`Columns::table`].
    ///
    /// # Errors
    /// Returns an error if a value cannot be encoded.
    pub fn query(self, sql: String) -> Result<Query<'static, Postgres, PgArguments>> {
        let arguments = self.arguments.map_err(sqlx::Error::Encode)?;
        Ok(sqlx::query_with(AssertSqlSafe(sql), arguments))
    }

    /// Builds a statement like [`Columns::query`], for statements that return rows.
    ///
    /// # Errors
    /// Returns an error if a value cannot be encoded.
    pub fn query_as<T>(self, sql: String) -> Result<QueryAs<'static, Postgres, T, PgArguments>>
    where
        T: for<'row> FromRow<'row, PgRow>,
    {
        let arguments = self.arguments.map_err(sqlx::Error::Encode)?;
        Ok(sqlx::query_as_with(AssertSqlSafe(sql), arguments))
    }

    /// Inserts the rows and returns how many were written. `or` is the conflict clause, for example `ON CONFLICT DO
    /// NOTHING`, or empty.
    ///
    /// # Errors
    /// Returns an error if the database rejects a row.
    pub async fn insert_into(self, table: &str, or: &str, connection: &mut PgConnection) -> Result<u64> {
        let (names, rows) = (self.names(), self.table("rows"));
        let sql = format!("INSERT INTO {table} ({names}) SELECT {names} FROM {rows} {or}");
        Ok(self.query(sql)?.execute(connection).await?.rows_affected())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestDatabase;

    struct Point {
        name: String,
        bytes: Vec<u8>,
        note: Option<String>,
        body: serde_json::Value,
        at: chrono::DateTime<chrono::Utc>,
    }
    columns!(Point { name, bytes, note, body, at });

    #[tokio::test]
    async fn rows_arrive_as_they_were_given_whatever_the_order_of_the_columns() {
        let db = TestDatabase::new().await;
        let mut connection = db.owner().await;
        let sql =
            "CREATE TABLE points (note text, at timestamptz, body jsonb, bytes bytea, name text, hash int)";
        sqlx::query(sql).execute(&mut connection).await.unwrap();
        let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let points = [("a", None), ("b", Some("second".to_owned()))].map(|(name, note)| Point {
            name: name.to_owned(),
            bytes: name.as_bytes().to_vec(),
            note,
            body: serde_json::json!({ "of": name }),
            at,
        });
        let written = Point::columns(&points)
            .and("hash", [1, 2].iter())
            .insert_into("points", "", &mut connection)
            .await
            .unwrap();
        assert_eq!(written, 2);
        type TableRow =
            (String, Vec<u8>, Option<String>, serde_json::Value, chrono::DateTime<chrono::Utc>, i32);
        let select = format!("SELECT {}, p.hash FROM points p ORDER BY name", Point::select("p"));
        let rows: Vec<TableRow> =
            sqlx::query_as(AssertSqlSafe(select)).fetch_all(&mut connection).await.unwrap();
        for ((point, hash), row) in points.iter().zip(1..).zip(rows) {
            let point = (&point.name, &point.bytes, &point.note, &point.body, &point.at, &hash);
            assert_eq!(point, (&row.0, &row.1, &row.2, &row.3, &row.4, &row.5));
        }
    }

    #[tokio::test]
    async fn no_rows_are_no_error() {
        let db = TestDatabase::new().await;
        let mut connection = db.owner().await;
        sqlx::query("CREATE TABLE points (note text, at timestamptz, body jsonb, bytes bytea, name text)")
            .execute(&mut connection)
            .await
            .unwrap();
        assert_eq!(Point::columns(&[]).insert_into("points", "", &mut connection).await.unwrap(), 0);
    }
}
