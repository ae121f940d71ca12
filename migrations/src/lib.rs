//! The schema of Meshline's database, step by step. Each step is two SQL files; constraints are named, tables and
//! columns that need it carry a comment.

use sea_orm_migration::prelude::*;

macro_rules! steps {
    ($($name:literal $(works_from $oldest:literal)?),+ $(,)?) => {
        /// Every step in order, with the SQL that takes it and the SQL that takes it back.
        const STEPS: &[Step] = &[$(Step {
            name: $name,
            works_from: steps!(@oldest $name $($oldest)?),
            up: include_str!(concat!("../sql/", $name, ".up.sql")),
            down: include_str!(concat!("../sql/", $name, ".down.sql")),
        }),+];
    };
    (@oldest $name:literal) => { $name };
    (@oldest $name:literal $oldest:literal) => { $oldest };
}

// A step is followed by `works_from "…"` if older programs keep working after it: those that know the step it names, and
// later ones. Without it, only programs that know the step itself do.
steps![
    "0001_ground",
    "0002_people",
    "0003_workflows",
    "0004_leads",
    "0005_log",
    "0006_sync",
    "0007_flow",
    "0008_changes",
    "0009_queue",
    "0010_accounts",
    "0011_views",
    "0012_verdict_effects",
    "0013_notices",
    "0014_releases",
    "0015_decisions",
    "0016_runs",
    "0017_kinds",
    "0018_credentials",
    "0019_release_guards",
    "0020_lead_history",
    "0021_uploads",
    "0022_answers",
    "0023_import_notes",
    "0024_merges",
    "0025_started_from",
    "0026_effective",
    "0027_key_use",
    "0028_sign_in_limits",
    "0030_incarnations",
    "0032_role_terms",
    "0033_shortage",
];

/// Brings a database's schema up to date, or takes it back.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }
}

/// The row of `settings` with the oldest step that a program must know to work with the schema.
pub const WORKS_FROM: &str = "schema_works_from";

/// Returns the names of the steps, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.name)
}

/// Returns the oldest step that a program must know to work with a schema of these steps.
fn works_from(steps: &[Step]) -> Option<&'static str> {
    let place = |name| STEPS.iter().position(|step| step.name == name);
    steps.iter().map(|step| step.works_from).max_by_key(|name| place(*name))
}

#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    works_from: &'static str,
    up: &'static str,
    down: &'static str,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

impl Step {
    /// Returns the steps before this one.
    fn before(&self) -> &'static [Self] {
        let place = STEPS.iter().position(|step| step.name == self.name).unwrap_or_default();
        &STEPS[..place]
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.up).await?;
        declare(manager, works_from(&STEPS[..=self.before().len()])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.down).await?;
        declare(manager, works_from(self.before())).await
    }
}

/// Stores which programs work with the schema, in the transaction of the step. Older programs read it.
async fn declare(manager: &SchemaManager<'_>, oldest: Option<&str>) -> Result<(), DbErr> {
    // The table is part of the first step.
    let Some(oldest) = oldest else { return Ok(()) };
    let declared = format!(
        "INSERT INTO settings (name, value) VALUES ('{WORKS_FROM}', to_jsonb('{oldest}'::text)) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value"
    );
    manager.get_connection().execute_unprepared(&declared).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_work_from_themselves_or_an_earlier_step() {
        for (place, step) in STEPS.iter().enumerate() {
            let oldest = STEPS.iter().position(|other| other.name == step.works_from);
            assert!(oldest.is_some_and(|oldest| oldest <= place), "{}", step.name);
        }
    }

    #[test]
    fn a_schema_needs_the_newest_program_that_one_of_its_steps_needs() {
        let step = |works_from| Step { works_from, ..STEPS[0] };
        let steps = [step("0008_changes"), step("0005_log"), step("0006_sync")];
        assert_eq!(works_from(&steps), Some("0008_changes"));
        assert_eq!(works_from(&[]), None);
    }
}
