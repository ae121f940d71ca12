//! The purposes of clusters, and their settings.

/// The purpose of a cluster.
pub struct Purpose {
    /// The name of the cluster in `.meshline/`.
    pub(super) name: &'static str,
    /// The settings that differ from Postgres' defaults.
    pub settings: &'static [&'static str],
    /// Whether its data outlives its last user.
    pub(super) kept: bool,
    /// The authentication option of `initdb`; tests connect as different users without passwords.
    pub(super) auth: &'static str,
}

/// The cluster of `cargo xtask run`.
pub const RUN: Purpose = Purpose {
    name: "pg",
    settings: &["max_locks_per_transaction=256"],
    kept: true,
    auth: "--auth=scram-sha-256",
};

/// The cluster for tests: recreated for its first user, and not crash-safe.
pub const TEST: Purpose = Purpose {
    name: "test-pg",
    settings: &[
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_connections=200",
        "max_locks_per_transaction=256",
        "shared_buffers=256MB",
    ],
    kept: false,
    auth: "--auth=trust",
};

/// The cluster for measurements: as durable as Postgres is by default, with the memory, WAL size and connections of a production
/// installation.
pub const BENCH: Purpose = Purpose {
    name: "bench-pg",
    settings: &[
        "max_connections=200",
        "max_locks_per_transaction=256",
        "shared_buffers=1GB",
        "max_wal_size=8GB",
        "checkpoint_timeout=15min",
    ],
    kept: false,
    auth: "--auth=scram-sha-256",
};

/// The cluster for measurements with statement statistics, which cost a few percent.
pub const BENCH_STATEMENTS: Purpose = Purpose {
    settings: &[
        "max_connections=200",
        "max_locks_per_transaction=256",
        "shared_buffers=1GB",
        "max_wal_size=8GB",
        "checkpoint_timeout=15min",
        "shared_preload_libraries=pg_stat_statements",
        "pg_stat_statements.track_utility=on",
        "track_io_timing=on",
    ],
    ..BENCH
};
