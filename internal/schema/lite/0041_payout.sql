-- Written by tools/generate.sh from internal/schema/0041_payout.sql. Do not edit.

CREATE TABLE wallet_payouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    holder TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    store TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    bank TEXT NOT NULL,
    branch TEXT NOT NULL,
    account_name TEXT NOT NULL,
    account_number TEXT NOT NULL,
    note TEXT NOT NULL,
    first_by TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER,
    settled_by TEXT NOT NULL,
    settled_at INTEGER,
    reference TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT wallet_payouts_public_id_key UNIQUE (public_id),
    CONSTRAINT wallet_payouts_holder_check CHECK (holder IN ('wallet', 'store') AND (holder = 'store') = (store_id <> 0)),
    CONSTRAINT wallet_payouts_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT wallet_payouts_state_check CHECK (state IN ('requested', 'approved', 'settled', 'rejected', 'cancelled', 'failed')),
    CONSTRAINT wallet_payouts_approvers_check CHECK (decided_by = '' OR decided_by <> first_by),
    CONSTRAINT wallet_payouts_settled_check CHECK (CASE state WHEN 'settled' THEN settled_at IS NOT NULL WHEN 'failed' THEN TRUE ELSE settled_at IS NULL END)
) STRICT;

CREATE INDEX wallet_payouts_state ON wallet_payouts (state, id);

CREATE INDEX wallet_payouts_account ON wallet_payouts (account_id, id);

CREATE INDEX wallet_payouts_account_state ON wallet_payouts (account_id, state, id);

CREATE INDEX wallet_payouts_store ON wallet_payouts (store_id, id);

CREATE INDEX wallet_payouts_store_state ON wallet_payouts (store_id, state, id);
