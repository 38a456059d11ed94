-- Written by tools/generate.sh from internal/schema/0001_ground.sql. Do not edit.

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    actor TEXT NOT NULL,
    facts TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT events_seq_key UNIQUE (seq),
    CONSTRAINT events_seq_check CHECK (seq > 0)
) STRICT;

CREATE INDEX events_unnumbered ON events (id) WHERE seq IS NULL;

CREATE INDEX events_subject ON events (subject, id);

CREATE INDEX events_type ON events (type, id);

CREATE INDEX events_actor ON events (actor, id);

CREATE TABLE event_cursors (
    follower TEXT NOT NULL CONSTRAINT event_cursors_pkey PRIMARY KEY,
    seq INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT event_cursors_seq_check CHECK (seq >= 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_append_only_update BEFORE UPDATE ON events
WHEN OLD.seq IS NOT NULL OR (NEW.id, NEW.type, NEW.subject, NEW.actor, NEW.facts, NEW.created_at)
    IS NOT (OLD.id, OLD.type, OLD.subject, OLD.actor, OLD.facts, OLD.created_at)
BEGIN
    SELECT RAISE(ABORT, 'events_append_only');
END;

CREATE TRIGGER events_append_only_delete BEFORE DELETE ON events
WHEN OLD.seq IS NULL OR OLD.seq > COALESCE((SELECT c.seq FROM event_cursors c WHERE c.follower = ''), 0)
BEGIN
    SELECT RAISE(ABORT, 'events_append_only');
END;

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT,
    payload TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    claimed_by TEXT,
    last_error TEXT,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT jobs_key_key UNIQUE (key),
    CONSTRAINT jobs_attempts_check CHECK (attempts >= 0 AND max_attempts > 0),
    CONSTRAINT jobs_claim_check CHECK (state = 'ready' OR claimed_by IS NULL),
    CONSTRAINT jobs_state_check CHECK (state IN ('ready', 'dead'))
) STRICT;

CREATE INDEX jobs_due ON jobs (run_at, id) WHERE state = 'ready';

CREATE INDEX jobs_dead ON jobs (run_at, id) WHERE state = 'dead';

CREATE INDEX jobs_dead_kind ON jobs (kind, run_at, id) WHERE state = 'dead';

CREATE TABLE leases (
    name TEXT NOT NULL CONSTRAINT leases_pkey PRIMARY KEY,
    holder TEXT NOT NULL,
    fence INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    CONSTRAINT leases_fence_check CHECK (fence > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    object TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT idempotency_keys_scope_key UNIQUE (scope, operation, key)
) STRICT;

CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at, id);

CREATE TABLE settings (
    name TEXT NOT NULL CONSTRAINT settings_pkey PRIMARY KEY,
    value TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
