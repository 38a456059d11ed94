-- Written by tools/generate.sh from internal/schema/0031_topup.sql. Do not edit.

CREATE TABLE wallet_topups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    paid_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT wallet_topups_public_id_key UNIQUE (public_id),
    CONSTRAINT wallet_topups_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT wallet_topups_state_check CHECK (state IN ('pending', 'paid', 'expired', 'cancelled')),
    CONSTRAINT wallet_topups_paid_check CHECK ((state = 'paid') = (paid_at IS NOT NULL))
) STRICT;

CREATE INDEX wallet_topups_account ON wallet_topups (account_id, id);

CREATE INDEX wallet_topups_account_state ON wallet_topups (account_id, state, id);

CREATE INDEX wallet_topups_day ON wallet_topups (account_id, created_at);
