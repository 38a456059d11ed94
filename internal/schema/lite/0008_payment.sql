-- Written by tools/generate.sh from internal/schema/0008_payment.sql. Do not edit.

CREATE TABLE payments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    payable_kind TEXT NOT NULL,
    payable TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    method TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    captured INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    state TEXT NOT NULL,
    late INTEGER NOT NULL CONSTRAINT payments_late_bool CHECK (late IN (0, 1)),
    cancelled_by TEXT NOT NULL,
    window_until INTEGER NOT NULL,
    completed_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT payments_public_id_key UNIQUE (public_id),
    CONSTRAINT payments_payable_key UNIQUE (payable_kind, payable),
    CONSTRAINT payments_method_check CHECK (method IN ('gateway', 'wallet', 'cod')),
    CONSTRAINT payments_state_check CHECK (state IN ('pending', 'processing', 'completed', 'expired', 'cancelled')),
    CONSTRAINT payments_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT payments_fee_check CHECK (fee >= 0 AND fee <= 10000000000000),
    CONSTRAINT payments_captured_check CHECK (captured >= 0 AND captured <= amount),
    CONSTRAINT payments_refunded_check CHECK (refunded >= 0 AND refunded <= captured),
    CONSTRAINT payments_completed_check CHECK ((state = 'completed') = (completed_at IS NOT NULL))
) STRICT;

CREATE INDEX payments_account ON payments (account_id, id);

CREATE INDEX payments_account_state ON payments (account_id, state, id);

CREATE INDEX payments_state ON payments (state, id);

CREATE INDEX payments_window ON payments (window_until, id) WHERE state IN ('pending', 'processing');

CREATE TABLE payment_allocations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    payment_id INTEGER NOT NULL,
    order_ref TEXT NOT NULL,
    amount INTEGER NOT NULL,
    captured INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    dropped INTEGER NOT NULL CONSTRAINT payment_allocations_dropped_bool CHECK (dropped IN (0, 1)),
    CONSTRAINT payment_allocations_payment_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT payment_allocations_order_key UNIQUE (order_ref),
    CONSTRAINT payment_allocations_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT payment_allocations_captured_check CHECK (captured = 0 OR captured = amount),
    CONSTRAINT payment_allocations_refunded_check CHECK (refunded >= 0 AND refunded <= captured),
    CONSTRAINT payment_allocations_dropped_check CHECK (NOT dropped OR captured = 0)
) STRICT;

CREATE INDEX payment_allocations_payment ON payment_allocations (payment_id);

CREATE TABLE payment_attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    payment_id INTEGER NOT NULL,
    gateway TEXT NOT NULL,
    state TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    reference TEXT,
    instrument TEXT NOT NULL,
    failure TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    look_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT payment_attempts_public_id_key UNIQUE (public_id),
    CONSTRAINT payment_attempts_payment_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT payment_attempts_state_check CHECK (state IN ('started', 'succeeded', 'failed', 'expired', 'duplicate', 'review')),
    CONSTRAINT payment_attempts_amount_check CHECK (amount > 0 AND amount <= 10000000000000),
    CONSTRAINT payment_attempts_fee_check CHECK (fee >= 0 AND fee <= 10000000000000)
) STRICT;

CREATE INDEX payment_attempts_payment ON payment_attempts (payment_id, id);

CREATE INDEX payment_attempts_look ON payment_attempts (look_at, id) WHERE state = 'started';

CREATE UNIQUE INDEX payment_attempts_running_key ON payment_attempts (payment_id) WHERE state = 'started';

CREATE UNIQUE INDEX payment_attempts_succeeded_key ON payment_attempts (payment_id, (0)) WHERE state = 'succeeded';

CREATE UNIQUE INDEX payment_attempts_reference_key ON payment_attempts (gateway, reference) WHERE reference IS NOT NULL;

CREATE TABLE refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    payment_id INTEGER NOT NULL,
    attempt_id INTEGER,
    order_ref TEXT NOT NULL,
    reference TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    reason TEXT NOT NULL,
    destination TEXT NOT NULL,
    state TEXT NOT NULL,
    failure TEXT NOT NULL,
    provider_reference TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT refunds_public_id_key UNIQUE (public_id),
    CONSTRAINT refunds_reference_key UNIQUE (reference),
    CONSTRAINT refunds_payment_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT refunds_attempt_fkey FOREIGN KEY (attempt_id) REFERENCES payment_attempts (id),
    CONSTRAINT refunds_state_check CHECK (state IN ('requested', 'processing', 'completed', 'failed')),
    CONSTRAINT refunds_destination_check CHECK (destination IN ('source', 'wallet')),
    CONSTRAINT refunds_amount_check CHECK (amount >= 0 AND fee >= 0 AND amount + fee > 0 AND amount <= 10000000000000)
) STRICT;

CREATE INDEX refunds_payment ON refunds (payment_id, id);

CREATE INDEX refunds_attempt ON refunds (attempt_id);

CREATE INDEX refunds_state ON refunds (state, id);

CREATE TABLE test_charges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    attempt TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT test_charges_attempt_key UNIQUE (attempt)
) STRICT;

CREATE TABLE test_refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    refund TEXT NOT NULL,
    charge_id INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT test_refunds_refund_key UNIQUE (refund),
    CONSTRAINT test_refunds_charge_fkey FOREIGN KEY (charge_id) REFERENCES test_charges (id),
    CONSTRAINT test_refunds_amount_check CHECK (amount > 0)
) STRICT;

CREATE INDEX test_refunds_charge ON test_refunds (charge_id);
