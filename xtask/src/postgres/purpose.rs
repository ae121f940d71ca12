//! What clusters are for, and how they are set for it.

/// What a cluster is for.
pub struct Purpose {
    /// The cluster's name in `.meshline/`.
    pub(super) name: &'static str,
    /// Settings beyond Postgres' own defaults.
    pub settings: &'static [&'static str],
    /// Whether what is in it outlives its last user.
    pub(super) kept: bool,
    /// How it asks who somebody is; tests come as users of their own without passwords.
    pub(super) auth: &'static str,
}

/// The cluster of `cargo xtask run`.
pub const RUN: Purpose = Purpose {
    name: "pg",
    settings: &["max_locks_per_transaction=256"],
    kept: true,
    auth: "--auth=scram-sha-256",
};

/// The cluster of the tests: made anew for the first user, and nothing in it survives a crash.
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

/// The cluster of the measurements: durable as Postgres is by default, with the memory, the room for write-ahead log and
/// the connections that an installation gives it.
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

/// The same, which also counts what each statement costs. The counting itself costs a few percent.
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
