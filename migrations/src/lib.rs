//! The schema of Meshline's database, step by step. Each step is two SQL files; constraints are named, tables and
//! columns that need it carry a comment.

use sea_orm_migration::prelude::*;

macro_rules! steps {
    ($($name:literal),+ $(,)?) => {
        /// Every step in order, with the SQL that takes it and the SQL that takes it back.
        const STEPS: &[Step] = &[$(Step {
            name: $name,
            up: include_str!(concat!("../sql/", $name, ".up.sql")),
            down: include_str!(concat!("../sql/", $name, ".down.sql")),
        }),+];
    };
}

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
];

/// Brings a database's schema up to date, or takes it back.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| Box::new(*step) as Box<dyn MigrationTrait>).collect()
    }
}

#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    up: &'static str,
    down: &'static str,
}

impl MigrationName for Step {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.up).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(self.down).await.map(drop)
    }
}
