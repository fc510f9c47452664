//! The tables, and how an older database becomes a newer one.

/// Says that a database is ours: `gono` in ASCII.
pub(super) const APPLICATION: i64 = 0x676f_6e6f;

/// Each step makes the next version of the one before it, from nothing on. A step is never changed once it is released.
pub(super) const STEPS: [&str; 1] = [
    // Version 1. Times are milliseconds since 1970-01-01 UTC. AUTOINCREMENT: a number is never given twice, or a mark
    // that somebody wrote down would be about another rollout.
    "CREATE TABLE rollouts (
        id            INTEGER PRIMARY KEY AUTOINCREMENT,
        rollout       TEXT    NOT NULL,
        first_command INTEGER NOT NULL,
        owner         TEXT,
        traits        TEXT,
        started       INTEGER NOT NULL,
        ended         INTEGER NOT NULL,
        ending        TEXT    NOT NULL,
        paused_ms     INTEGER NOT NULL,
        split         TEXT,
        roll_backs    INTEGER NOT NULL,
        no_gos        INTEGER NOT NULL,
        exposed       INTEGER,
        hurt          INTEGER,
        adoption      REAL,
        units         INTEGER,
        recording     TEXT,
        is_removed    INTEGER NOT NULL DEFAULT 0,
        UNIQUE (rollout, first_command)
    ) STRICT;
    CREATE INDEX rollouts_by_end ON rollouts (ended DESC, id DESC);
    CREATE TABLE kills (
        entry       INTEGER NOT NULL REFERENCES rollouts (id) ON DELETE CASCADE,
        command     INTEGER NOT NULL,
        at          INTEGER NOT NULL,
        scope       TEXT    NOT NULL,
        actor       TEXT    NOT NULL,
        why         TEXT,
        detected    INTEGER,
        off         INTEGER,
        is_false    INTEGER,
        mark_reason TEXT,
        marked_at   INTEGER,
        PRIMARY KEY (entry, command)
    ) STRICT, WITHOUT ROWID;",
];

/// The version that [`STEPS`] lead to.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// Takes a rollout in, or changes its entry. What was known stays where the new one does not know it, and a recording
/// that ends earlier than what is known changes nothing but what was not known.
pub(super) const PUT: &str = "
    INSERT INTO rollouts (rollout, first_command, owner, traits, started, ended, ending, paused_ms, split, roll_backs,
        no_gos, exposed, hurt, adoption, units, recording)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
    ON CONFLICT (rollout, first_command) DO UPDATE SET
        owner      = coalesce(excluded.owner, owner),
        traits     = coalesce(excluded.traits, traits),
        started    = min(excluded.started, started),
        ended      = max(excluded.ended, ended),
        ending     = iif(excluded.ended >= ended, excluded.ending, ending),
        paused_ms  = iif(excluded.ended >= ended, excluded.paused_ms, paused_ms),
        split      = iif(excluded.ended >= ended, coalesce(excluded.split, split), coalesce(split, excluded.split)),
        roll_backs = max(excluded.roll_backs, roll_backs),
        no_gos     = max(excluded.no_gos, no_gos),
        exposed    = iif(excluded.ended >= ended, coalesce(excluded.exposed, exposed), coalesce(exposed, excluded.exposed)),
        hurt       = iif(excluded.ended >= ended, coalesce(excluded.hurt, hurt), coalesce(hurt, excluded.hurt)),
        adoption   = iif(excluded.ended >= ended, coalesce(excluded.adoption, adoption), coalesce(adoption, excluded.adoption)),
        units      = iif(excluded.ended >= ended, coalesce(excluded.units, units), coalesce(units, excluded.units)),
        recording  = coalesce(excluded.recording, recording)
    RETURNING id";

/// Takes a kill in, or what has become known of it; what a person said of it stays.
pub(super) const PUT_KILL: &str = "
    INSERT INTO kills (entry, command, at, scope, actor, why, detected, off) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
    ON CONFLICT (entry, command) DO UPDATE SET
        detected = coalesce(detected, excluded.detected), off = coalesce(off, excluded.off)";
