-- Written by tools/generate.sh from internal/schema/0052_statement_transfers.sql. Do not edit.

ALTER TABLE statements ADD COLUMN owed_by TEXT NOT NULL DEFAULT 'market';

ALTER TABLE statements ADD COLUMN suspended_at INTEGER;

CREATE INDEX statements_open ON statements (month, store_id) WHERE state = 'open';

CREATE INDEX statements_overdue ON statements (due_at, id) WHERE state = 'issued' AND owed_by = 'store' AND suspended_at IS NULL;

CREATE TABLE statement_transfers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    statement_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    amount INTEGER NOT NULL,
    reference TEXT NOT NULL,
    method TEXT NOT NULL,
    image TEXT NOT NULL,
    note TEXT NOT NULL,
    account TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    CONSTRAINT statement_transfers_public_id_key UNIQUE (public_id),
    CONSTRAINT statement_transfers_statement_fkey FOREIGN KEY (statement_id) REFERENCES statements (id),
    CONSTRAINT statement_transfers_state_check CHECK (state IN ('submitted', 'approved', 'rejected')),
    CONSTRAINT statement_transfers_decided_check CHECK ((state = 'submitted') = (decided_at IS NULL)),
    CONSTRAINT statement_transfers_amount_check CHECK (amount > 0)
) STRICT;

CREATE UNIQUE INDEX statement_transfers_reference_key ON statement_transfers (reference) WHERE state <> 'rejected';

CREATE UNIQUE INDEX statement_transfers_open_key ON statement_transfers (statement_id) WHERE state <> 'rejected';

CREATE INDEX statement_transfers_of ON statement_transfers (statement_id, id);

CREATE INDEX statement_transfers_state ON statement_transfers (state, id);
