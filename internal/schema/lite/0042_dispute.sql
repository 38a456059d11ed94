-- Written by tools/generate.sh from internal/schema/0042_dispute.sql. Do not edit.

ALTER TABLE orders ADD COLUMN disputed INTEGER NOT NULL CONSTRAINT orders_disputed_bool CHECK (disputed IN (0, 1)) DEFAULT FALSE;

ALTER TABLE orders ADD COLUMN frozen INTEGER NOT NULL CONSTRAINT orders_frozen_bool CHECK (frozen IN (0, 1)) DEFAULT FALSE;

CREATE TABLE order_disputes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    order_id INTEGER NOT NULL,
    order_ref TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    text TEXT NOT NULL,
    lines TEXT NOT NULL,
    currency TEXT NOT NULL,
    answer_until INTEGER NOT NULL,
    answered_at INTEGER,
    outcome TEXT NOT NULL,
    given INTEGER NOT NULL,
    note TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER,
    created_at INTEGER NOT NULL,
    CONSTRAINT order_disputes_public_id_key UNIQUE (public_id),
    CONSTRAINT order_disputes_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_disputes_state_check CHECK (state IN ('open', 'resolved', 'withdrawn')),
    CONSTRAINT order_disputes_reason_check CHECK (reason IN ('not_received', 'damaged', 'not_as_described', 'wrong_item', 'missing_parts', 'other')),
    CONSTRAINT order_disputes_outcome_check CHECK (outcome IN ('', 'released', 'refunded', 'split', 'returned') AND (outcome = '') = (state <> 'resolved')),
    CONSTRAINT order_disputes_given_check CHECK (given >= 0 AND given <= 10000000000000),
    CONSTRAINT order_disputes_decided_check CHECK ((state = 'open') = (decided_at IS NULL))
) STRICT;

CREATE UNIQUE INDEX order_disputes_open_key ON order_disputes (order_id) WHERE state = 'open';

CREATE INDEX order_disputes_order ON order_disputes (order_id, id);

CREATE INDEX order_disputes_state ON order_disputes (state, id);

CREATE INDEX order_disputes_account ON order_disputes (account_id, id);

CREATE INDEX order_disputes_account_state ON order_disputes (account_id, state, id);

CREATE INDEX order_disputes_store ON order_disputes (store_id, id);

CREATE INDEX order_disputes_store_state ON order_disputes (store_id, state, id);

CREATE TABLE order_dispute_messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dispute_id INTEGER NOT NULL,
    party TEXT NOT NULL,
    account TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT order_dispute_messages_dispute_fkey FOREIGN KEY (dispute_id) REFERENCES order_disputes (id),
    CONSTRAINT order_dispute_messages_party_check CHECK (party IN ('buyer', 'store', 'admin'))
) STRICT;

CREATE INDEX order_dispute_messages_dispute ON order_dispute_messages (dispute_id, id);

CREATE TRIGGER order_dispute_messages_append_only_update BEFORE UPDATE ON order_dispute_messages
BEGIN
    SELECT RAISE(ABORT, 'order_dispute_messages_append_only');
END;
CREATE TRIGGER order_dispute_messages_append_only_delete BEFORE DELETE ON order_dispute_messages
BEGIN
    SELECT RAISE(ABORT, 'order_dispute_messages_append_only');
END;
