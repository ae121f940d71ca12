//! The tables as SeaORM entities, one file each. They are private to this crate: callers use the types of the module
//! that owns the subject, for example [`crate::people::Person`].
//!
//! A table has an entity unless it is append-only (the log) or on the hot path of events or deliveries. An entity may
//! omit a column that no code reads through it, provided that the column has a default.

pub mod api_key;
pub mod bundle;
pub mod change;
pub mod change_editor;
pub mod change_review;
pub mod destination;
pub mod import_run;
pub mod job;
pub mod kill_switch;
pub mod layer_owners;
pub mod notice;
pub mod person;
pub mod person_role;
pub mod pool_availability;
pub mod pool_state;
pub mod queue_claim;
pub mod release;
pub mod release_approval;
pub mod route;
pub mod rule_mute;
pub mod rule_off;
pub mod run;
pub mod saved_view;
pub mod session;
pub mod setting;
pub mod setup_link;
pub mod unfinished_upload;
pub mod upload;
pub mod used_form;
pub mod version;
pub mod version_title;
pub mod workflow;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use sea_orm::sea_query::ColumnType;
    use sea_orm::{ColumnTrait as _, EntityTrait, IdenStatic as _, Iterable as _};

    use crate::Store;
    use crate::testing::TestDatabase;

    /// Returns the name that the database uses for a column type.
    fn type_name(of: &ColumnType) -> String {
        match of {
            ColumnType::String(_) | ColumnType::Text => "text".into(),
            ColumnType::Uuid => "uuid".into(),
            ColumnType::Boolean => "bool".into(),
            ColumnType::SmallInteger => "int2".into(),
            ColumnType::Integer => "int4".into(),
            ColumnType::BigInteger => "int8".into(),
            ColumnType::TimestampWithTimeZone => "timestamptz".into(),
            ColumnType::JsonBinary => "jsonb".into(),
            ColumnType::VarBinary(_) => "bytea".into(),
            ColumnType::Array(inner) => format!("_{}", type_name(inner)),
            other => format!("{other:?}"),
        }
    }

    /// Returns the differences between an entity and its table.
    async fn differences<E: EntityTrait>(store: &Store, entity: E) -> Vec<String> {
        let table = entity.table_name();
        let columns: Vec<(String, String, bool, bool)> = sqlx::query_as(
            "SELECT column_name::text, udt_name::text, is_nullable = 'YES', column_default IS NOT NULL OR is_identity = 'YES' \
             FROM information_schema.columns WHERE table_name = $1",
        )
        .bind(table)
        .fetch_all(store.pool())
        .await
        .unwrap();
        let mut columns: BTreeMap<_, _> =
            columns.into_iter().map(|(name, of, null, default)| (name, (of, null, default))).collect();
        let mut differences = Vec::new();
        for column in E::Column::iter() {
            let (name, def) = (column.as_str(), column.def());
            let wanted = (type_name(def.get_column_type()), def.is_null());
            match columns.remove(name) {
                Some((of, null, _)) if (&of, null) == (&wanted.0, wanted.1) => {}
                found => differences.push(format!("{table}.{name}: {found:?} is not {wanted:?}")),
            }
        }
        for (name, (_, null, default)) in columns {
            if !null && !default {
                differences.push(format!("{table}.{name} is missing and has no default"));
            }
        }
        differences
    }

    #[tokio::test]
    async fn entities_agree_with_their_tables() {
        let db = TestDatabase::new().await;
        let mut found: Vec<String> = Vec::new();
        macro_rules! compare {
            ($($table:ident),+ $(,)?) => {
                $(found.extend(differences(&db.store, super::$table::Entity).await);)+
            };
        }
        compare!(
            api_key,
            bundle,
            change,
            change_editor,
            change_review,
            destination,
            import_run,
            job,
            kill_switch,
            layer_owners,
            notice,
            person,
            person_role,
            pool_availability,
            pool_state,
            queue_claim,
            release,
            release_approval,
            route,
            rule_mute,
            rule_off,
            run,
            saved_view,
            session,
            setting,
            setup_link,
            upload,
            used_form,
            version,
            version_title,
            workflow,
        );
        assert!(found.is_empty(), "{found:#?}");
    }
}
