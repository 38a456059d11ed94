-- Written by tools/generate.sh from internal/schema/0050_settlement.sql. Do not edit.

CREATE TABLE payment_settlements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    gateway TEXT NOT NULL,
    kind TEXT NOT NULL,
    settled TEXT NOT NULL,
    day TEXT NOT NULL,
    amount INTEGER NOT NULL,
    charge INTEGER NOT NULL,
    currency TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT payment_settlements_key UNIQUE (kind, settled),
    CONSTRAINT payment_settlements_kind_check CHECK (kind IN ('payment', 'refund')),
    CONSTRAINT payment_settlements_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT payment_settlements_charge_check CHECK (charge >= 0 AND charge <= amount)
) STRICT;

CREATE TRIGGER payment_settlements_append_only_update BEFORE UPDATE ON payment_settlements
BEGIN
    SELECT RAISE(ABORT, 'payment_settlements_append_only');
END;
CREATE TRIGGER payment_settlements_append_only_delete BEFORE DELETE ON payment_settlements
BEGIN
    SELECT RAISE(ABORT, 'payment_settlements_append_only');
END;
