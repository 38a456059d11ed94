-- Written by tools/generate.sh from internal/schema/0043_debt.sql. Do not edit.

CREATE TABLE wallet_debt_payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    store TEXT NOT NULL,
    source TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_key TEXT,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT wallet_debt_payments_public_id_key UNIQUE (public_id),
    CONSTRAINT wallet_debt_payments_reference_key UNIQUE (reference_key),
    CONSTRAINT wallet_debt_payments_source_check CHECK (source IN ('wallet', 'bank', 'cash')),
    CONSTRAINT wallet_debt_payments_amount_check CHECK (amount > 0 AND amount <= 10000000000000)
) STRICT;

CREATE INDEX wallet_debt_payments_store ON wallet_debt_payments (store_id, id);

CREATE TRIGGER wallet_debt_payments_append_only_update BEFORE UPDATE ON wallet_debt_payments
BEGIN
    SELECT RAISE(ABORT, 'wallet_debt_payments_append_only');
END;
CREATE TRIGGER wallet_debt_payments_append_only_delete BEFORE DELETE ON wallet_debt_payments
BEGIN
    SELECT RAISE(ABORT, 'wallet_debt_payments_append_only');
END;
