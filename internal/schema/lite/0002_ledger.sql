-- Written by tools/generate.sh from internal/schema/0002_ledger.sql. Do not edit.

CREATE TABLE ledger_accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    book TEXT NOT NULL,
    currency TEXT NOT NULL,
    guarded INTEGER NOT NULL CONSTRAINT ledger_accounts_guarded_bool CHECK (guarded IN (0, 1)),
    balance INTEGER NOT NULL,
    held INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT ledger_accounts_key_key UNIQUE (key),
    CONSTRAINT ledger_accounts_floor_check CHECK (NOT guarded OR balance - held >= floor),
    CONSTRAINT ledger_accounts_balance_check CHECK (balance >= -10000000000000 AND balance <= 10000000000000),
    CONSTRAINT ledger_accounts_held_check CHECK (held >= 0 AND held <= 10000000000000),
    CONSTRAINT ledger_accounts_summed_check CHECK (guarded OR balance = 0 AND held = 0),
    CONSTRAINT ledger_accounts_floor_range_check CHECK (floor >= -10000000000000 AND floor <= 0)
) STRICT;

CREATE INDEX ledger_accounts_kind ON ledger_accounts (kind, id);

CREATE INDEX ledger_accounts_owner ON ledger_accounts (owner, id);

CREATE INDEX ledger_accounts_book ON ledger_accounts (book, id);

CREATE TABLE ledger_transfers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL,
    leg INTEGER NOT NULL,
    posting TEXT NOT NULL,
    kind TEXT NOT NULL,
    from_id INTEGER NOT NULL,
    to_id INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    subject TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT ledger_transfers_leg_check CHECK (leg > 0),
    CONSTRAINT ledger_transfers_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT ledger_transfers_sides_check CHECK (from_id <> to_id)
) STRICT;

CREATE UNIQUE INDEX ledger_transfers_reference_key ON ledger_transfers (reference, leg);

CREATE INDEX ledger_transfers_from ON ledger_transfers (from_id, id);

CREATE INDEX ledger_transfers_to ON ledger_transfers (to_id, id);

CREATE INDEX ledger_transfers_subject ON ledger_transfers (subject, id);

CREATE TABLE ledger_holds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    posted INTEGER NOT NULL,
    state TEXT NOT NULL,
    subject TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    CONSTRAINT ledger_holds_reference_key UNIQUE (reference),
    CONSTRAINT ledger_holds_account_fkey FOREIGN KEY (account_id) REFERENCES ledger_accounts (id),
    CONSTRAINT ledger_holds_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT ledger_holds_posted_check CHECK (posted >= 0 AND posted <= amount AND (state = 'posted') = (posted > 0)),
    CONSTRAINT ledger_holds_state_check CHECK (state IN ('open', 'posted', 'voided', 'expired')),
    CONSTRAINT ledger_holds_ended_check CHECK ((state = 'open') = (ended_at IS NULL))
) STRICT;

CREATE INDEX ledger_holds_account ON ledger_holds (account_id, state, id);

CREATE INDEX ledger_holds_due ON ledger_holds (expires_at, id) WHERE state = 'open';

CREATE TABLE ledger_checkpoints (
    book TEXT NOT NULL CONSTRAINT ledger_checkpoints_pkey PRIMARY KEY,
    kind TEXT NOT NULL,
    currency TEXT NOT NULL,
    came_in INTEGER NOT NULL,
    went_out INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT ledger_checkpoints_sums_check CHECK (came_in >= 0 AND went_out >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE ledger_positions (
    name TEXT NOT NULL CONSTRAINT ledger_positions_pkey PRIMARY KEY,
    transfer_id INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT ledger_positions_transfer_check CHECK (transfer_id >= 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_transfers_append_only_update BEFORE UPDATE ON ledger_transfers
BEGIN
    SELECT RAISE(ABORT, 'ledger_transfers_append_only');
END;
CREATE TRIGGER ledger_transfers_append_only_delete BEFORE DELETE ON ledger_transfers
BEGIN
    SELECT RAISE(ABORT, 'ledger_transfers_append_only');
END;
