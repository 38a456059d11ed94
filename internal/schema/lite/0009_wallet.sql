-- Written by tools/generate.sh from internal/schema/0009_wallet.sql. Do not edit.

CREATE TABLE wallet_credits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account TEXT NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT wallet_credits_public_id_key UNIQUE (public_id),
    CONSTRAINT wallet_credits_amount_check CHECK (amount > 0 AND amount <= 10000000000000)
) STRICT;

CREATE INDEX wallet_credits_account ON wallet_credits (account, id);

CREATE TRIGGER wallet_credits_append_only_update BEFORE UPDATE ON wallet_credits
BEGIN
    SELECT RAISE(ABORT, 'wallet_credits_append_only');
END;
CREATE TRIGGER wallet_credits_append_only_delete BEFORE DELETE ON wallet_credits
BEGIN
    SELECT RAISE(ABORT, 'wallet_credits_append_only');
END;
