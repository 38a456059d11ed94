-- Written by tools/generate.sh from internal/schema/0021_gateways.sql. Do not edit.

ALTER TABLE payment_attempts ADD COLUMN next TEXT NOT NULL DEFAULT '';

ALTER TABLE payment_attempts ADD COLUMN choice TEXT NOT NULL DEFAULT '';

ALTER TABLE payment_attempts ADD COLUMN bank TEXT NOT NULL DEFAULT '';

ALTER TABLE payment_attempts ADD COLUMN watched INTEGER NOT NULL CONSTRAINT payment_attempts_watched_bool CHECK (watched IN (0, 1)) DEFAULT TRUE;

UPDATE payment_attempts
SET watched = FALSE
WHERE state <> 'started';

DROP INDEX payment_attempts_look;

CREATE INDEX payment_attempts_watched ON payment_attempts (look_at, id) WHERE watched;

CREATE TABLE gateway_settings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    enabled INTEGER CONSTRAINT gateway_settings_enabled_bool CHECK (enabled IN (0, 1)),
    fee_fixed INTEGER,
    fee_bp INTEGER,
    min_amount INTEGER,
    max_amount INTEGER,
    second_above INTEGER,
    currencies TEXT NOT NULL,
    details TEXT NOT NULL,
    version INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT gateway_settings_name_key UNIQUE (name),
    CONSTRAINT gateway_settings_fee_check CHECK (fee_fixed >= 0 AND fee_fixed <= 10000000000000),
    CONSTRAINT gateway_settings_rate_check CHECK (fee_bp >= 0 AND fee_bp <= 2000),
    CONSTRAINT gateway_settings_min_check CHECK (min_amount >= 0 AND min_amount <= 10000000000000),
    CONSTRAINT gateway_settings_max_check CHECK (max_amount >= 0 AND max_amount <= 10000000000000),
    CONSTRAINT gateway_settings_second_check CHECK (second_above >= 0 AND second_above <= 10000000000000)
) STRICT;

CREATE TABLE gateway_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    gateway TEXT NOT NULL,
    event TEXT NOT NULL,
    attempt TEXT NOT NULL,
    reference TEXT NOT NULL,
    state TEXT NOT NULL,
    resolved_by TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT gateway_messages_public_id_key UNIQUE (public_id),
    CONSTRAINT gateway_messages_event_key UNIQUE (gateway, event),
    CONSTRAINT gateway_messages_state_check CHECK (state IN ('known', 'unknown', 'resolved'))
) STRICT;

CREATE INDEX gateway_messages_state ON gateway_messages (state, id);

CREATE TABLE payment_proofs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    payment_id INTEGER NOT NULL,
    attempt_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_key TEXT,
    note TEXT NOT NULL,
    image TEXT,
    first_by TEXT NOT NULL,
    first_at INTEGER,
    decided_by TEXT NOT NULL,
    decided_at INTEGER,
    reason TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT payment_proofs_public_id_key UNIQUE (public_id),
    CONSTRAINT payment_proofs_attempt_key UNIQUE (attempt_id),
    CONSTRAINT payment_proofs_reference_key UNIQUE (reference_key),
    CONSTRAINT payment_proofs_payment_fkey FOREIGN KEY (payment_id) REFERENCES payments (id),
    CONSTRAINT payment_proofs_attempt_fkey FOREIGN KEY (attempt_id) REFERENCES payment_attempts (id),
    CONSTRAINT payment_proofs_image_fkey FOREIGN KEY (image) REFERENCES blobs (name),
    CONSTRAINT payment_proofs_state_check CHECK (state IN ('submitted', 'approved', 'rejected')),
    CONSTRAINT payment_proofs_approved_check CHECK ((state = 'approved') = (reference_key IS NOT NULL)),
    CONSTRAINT payment_proofs_approvers_check CHECK (decided_by = '' OR decided_by <> first_by)
) STRICT;

CREATE INDEX payment_proofs_state ON payment_proofs (state, id);

CREATE INDEX payment_proofs_payment ON payment_proofs (payment_id);

CREATE INDEX payment_proofs_image ON payment_proofs (image) WHERE image IS NOT NULL;
