-- Written by tools/generate.sh from internal/schema/0049_watch.sql. Do not edit.

CREATE TABLE watch_counts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    hour INTEGER NOT NULL,
    n INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    CONSTRAINT watch_counts_key UNIQUE (what, subject, hour),
    CONSTRAINT watch_counts_n_check CHECK (n > 0 AND amount >= 0)
) STRICT;

CREATE INDEX watch_counts_hour ON watch_counts (hour, id);

CREATE TABLE watch_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    member TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    CONSTRAINT watch_members_key UNIQUE (what, subject, member)
) STRICT;

CREATE INDEX watch_members_seen ON watch_members (seen_at, id);

CREATE TABLE watch_flags (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    subject TEXT NOT NULL,
    n INTEGER NOT NULL,
    usual INTEGER NOT NULL,
    last TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    seen_by TEXT NOT NULL,
    seen_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT watch_flags_public_id_key UNIQUE (public_id),
    CONSTRAINT watch_flags_state_check CHECK (state IN ('open', 'seen') AND (state = 'seen') = (seen_at IS NOT NULL)),
    CONSTRAINT watch_flags_seen_check CHECK ((state = 'seen') = (seen_by <> ''))
) STRICT;

CREATE UNIQUE INDEX watch_flags_open_key ON watch_flags (rule, subject) WHERE state = 'open';

CREATE INDEX watch_flags_subject ON watch_flags (rule, subject, id);

CREATE INDEX watch_flags_state ON watch_flags (state, id);

CREATE INDEX watch_flags_rule ON watch_flags (rule, id);

CREATE INDEX watch_flags_rule_state ON watch_flags (rule, state, id);

ALTER TABLE payment_attempts ADD COLUMN reminded_at INTEGER;

ALTER TABLE payment_proofs ADD COLUMN reminded_at INTEGER;

CREATE INDEX payment_attempts_quiet ON payment_attempts (created_at, id) WHERE state = 'started' AND reminded_at IS NULL;

CREATE INDEX payment_proofs_quiet ON payment_proofs (created_at, id) WHERE state = 'submitted' AND reminded_at IS NULL;

ALTER TABLE order_disputes ADD COLUMN overdue_at INTEGER;

CREATE INDEX order_disputes_silent ON order_disputes (answer_until, id) WHERE state = 'open' AND answered_at IS NULL AND overdue_at IS NULL;
