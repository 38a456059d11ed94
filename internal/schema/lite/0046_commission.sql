-- Written by tools/generate.sh from internal/schema/0046_commission.sql. Do not edit.

CREATE TABLE statements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    month TEXT NOT NULL,
    state TEXT NOT NULL,
    seen INTEGER NOT NULL,
    orders INTEGER NOT NULL,
    base INTEGER NOT NULL,
    rate_bp INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    due_at INTEGER,
    paid_at INTEGER,
    reference TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT statements_public_id_key UNIQUE (public_id),
    CONSTRAINT statements_month_key UNIQUE (store_id, month),
    CONSTRAINT statements_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT statements_state_check CHECK (state IN ('open', 'issued', 'paid')),
    CONSTRAINT statements_rate_check CHECK (rate_bp BETWEEN 0 AND 10000),
    CONSTRAINT statements_amount_check CHECK (orders >= 0 AND base >= 0 AND amount BETWEEN 0 AND base),
    CONSTRAINT statements_due_check CHECK ((state = 'open') = (due_at IS NULL)),
    CONSTRAINT statements_paid_check CHECK ((state = 'paid') = (paid_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX statements_reference_key ON statements (reference) WHERE reference <> '';

CREATE INDEX statements_store ON statements (store_id, id);

CREATE INDEX statements_state ON statements (state, id);

CREATE TABLE statement_orders (
    order_id INTEGER NOT NULL,
    statement_id INTEGER NOT NULL,
    reference TEXT NOT NULL,
    total INTEGER NOT NULL,
    completed_at INTEGER NOT NULL,
    CONSTRAINT statement_orders_pkey PRIMARY KEY (order_id),
    CONSTRAINT statement_orders_statement_fkey FOREIGN KEY (statement_id) REFERENCES statements (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX statement_orders_of ON statement_orders (statement_id, order_id);

CREATE TRIGGER statement_orders_append_only_update BEFORE UPDATE ON statement_orders
BEGIN
    SELECT RAISE(ABORT, 'statement_orders_append_only');
END;
CREATE TRIGGER statement_orders_append_only_delete BEFORE DELETE ON statement_orders
BEGIN
    SELECT RAISE(ABORT, 'statement_orders_append_only');
END;
