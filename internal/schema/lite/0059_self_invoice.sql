-- Written by tools/generate.sh from internal/schema/0059_self_invoice.sql. Do not edit.

CREATE TABLE self_invoice_series (
    store_id INTEGER NOT NULL,
    year TEXT NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT self_invoice_series_pkey PRIMARY KEY (store_id, year),
    CONSTRAINT self_invoice_series_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT self_invoice_series_last_check CHECK (last > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE self_invoices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    year TEXT NOT NULL,
    serial INTEGER NOT NULL,
    number TEXT NOT NULL,
    order_ref TEXT NOT NULL,
    currency TEXT NOT NULL,
    net INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    content TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    CONSTRAINT self_invoices_public_id_key UNIQUE (public_id),
    CONSTRAINT self_invoices_order_key UNIQUE (order_ref),
    CONSTRAINT self_invoices_serial_key UNIQUE (store_id, year, serial),
    CONSTRAINT self_invoices_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT self_invoices_number_check CHECK (length(number) BETWEEN 1 AND 16),
    CONSTRAINT self_invoices_serial_check CHECK (serial > 0),
    CONSTRAINT self_invoices_total_check CHECK (total = net + tax AND net > 0 AND tax >= 0 AND total <= 10000000000000)
) STRICT;

CREATE INDEX self_invoices_of_store ON self_invoices (store_id, id);

CREATE INDEX self_invoices_of_account ON self_invoices (account_id, id);

CREATE TRIGGER self_invoices_append_only_update BEFORE UPDATE ON self_invoices
BEGIN
    SELECT RAISE(ABORT, 'self_invoices_append_only');
END;
CREATE TRIGGER self_invoices_append_only_delete BEFORE DELETE ON self_invoices
BEGIN
    SELECT RAISE(ABORT, 'self_invoices_append_only');
END;
