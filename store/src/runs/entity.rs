//! The tables of runs as SeaORM entities; `crate::runs` is the way in.

/// Long work and its progress.
pub mod run {
    use sea_orm::entity::prelude::*;

    /// A run, as it is stored.
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "runs")]
    pub struct Model {
        /// Its id, minted from the instant it was asked for.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// What kind of work it is; another version of Meshline may know kinds that this one does not.
        pub kind: String,
        /// Names the work where its result can be used again.
        pub work_key: Option<String>,
        /// What it works on, in the form of its kind.
        pub input: Json,
        /// A [`super::super::RunState`] by name.
        pub state: String,
        /// What it does at the moment, in words.
        pub phase: String,
        /// How much is done, in the unit of its kind.
        pub done: i64,
        /// How much there is to do; `None` while that is unknown.
        pub total: Option<i64>,
        /// Where the next process resumes.
        pub checkpoint: Option<Json>,
        /// What it found or did, once it is done.
        pub result: Option<Json>,
        /// Why it failed, as a sentence.
        pub error: Option<String>,
        /// Rises with every claim.
        pub run_lease: i64,
        /// Until when the process that works on it holds it.
        pub leased_until: Option<DateTimeUtc>,
        /// How many processes have begun it.
        pub attempts: i32,
        /// The process that works on it, or did last.
        pub runner: Option<String>,
        /// Who asked for it, as the audit log names them.
        pub created_by: String,
        /// When it was asked for.
        pub created_at: DateTimeUtc,
        /// When the first process began it.
        pub started_at: Option<DateTimeUtc>,
        /// When it was over.
        pub finished_at: Option<DateTimeUtc>,
        /// Who asked for it to be cancelled.
        pub cancelled_by: Option<String>,
        /// When they did.
        pub cancelled_at: Option<DateTimeUtc>,
    }

    /// Relations to other tables: none.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Files that people uploaded to import.
pub mod upload {
    use sea_orm::entity::prelude::*;

    /// An uploaded file, as it is stored.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "uploads")]
    pub struct Model {
        /// Its id, and the name of its folder in the data directory.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// Who uploaded it.
        pub person_id: Uuid,
        /// What it was called on the person's machine.
        pub file_name: String,
        /// Its size.
        pub bytes: i64,
        /// When it had arrived whole.
        pub created_at: DateTimeUtc,
        /// The newest run that imports it.
        pub run_id: Option<Uuid>,
    }

    /// Relations to other tables: none.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
