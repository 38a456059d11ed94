-- Written by tools/generate.sh from internal/schema/0035_invoice.sql. Do not edit.

ALTER TABLE stores ADD COLUMN legal_name TEXT NOT NULL DEFAULT '';

ALTER TABLE stores ADD COLUMN tax_number TEXT NOT NULL DEFAULT '';

CREATE TABLE invoice_series (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id INTEGER NOT NULL,
    year TEXT NOT NULL,
    kind TEXT NOT NULL,
    last INTEGER NOT NULL,
    CONSTRAINT invoice_series_key UNIQUE (store_id, year, kind),
    CONSTRAINT invoice_series_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT invoice_series_kind_check CHECK (kind IN ('invoice', 'credit_note')),
    CONSTRAINT invoice_series_last_check CHECK (last > 0)
) STRICT;

CREATE TABLE invoices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    year TEXT NOT NULL,
    serial INTEGER NOT NULL,
    number TEXT NOT NULL,
    order_ref TEXT NOT NULL,
    invoice_id INTEGER,
    currency TEXT NOT NULL,
    net INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    given_before INTEGER NOT NULL,
    content TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    CONSTRAINT invoices_public_id_key UNIQUE (public_id),
    CONSTRAINT invoices_serial_key UNIQUE (store_id, year, kind, serial),
    CONSTRAINT invoices_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT invoices_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id),
    CONSTRAINT invoices_kind_check CHECK (kind IN ('invoice', 'credit_note') AND (kind = 'credit_note') = (invoice_id IS NOT NULL)),
    CONSTRAINT invoices_number_check CHECK (length(number) BETWEEN 1 AND 16),
    CONSTRAINT invoices_serial_check CHECK (serial > 0),
    CONSTRAINT invoices_total_check CHECK (total = net + tax AND (net >= 0 OR kind = 'credit_note') AND tax >= 0 AND total >= 0 AND total <= 10000000000000 AND given_before >= 0)
) STRICT;

CREATE UNIQUE INDEX invoices_order_key ON invoices (order_ref) WHERE kind = 'invoice';

CREATE INDEX invoices_of_order ON invoices (order_ref, id);

CREATE INDEX invoices_taken ON invoices (invoice_id, id) WHERE invoice_id IS NOT NULL;

CREATE INDEX invoices_issued ON invoices (issued_at, id);

CREATE INDEX invoices_of_store ON invoices (store_id, issued_at, id);

CREATE INDEX invoices_numbered ON invoices (number, issued_at, id);

CREATE TABLE invoice_buyers (
    invoice_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    CONSTRAINT invoice_buyers_pkey PRIMARY KEY (invoice_id),
    CONSTRAINT invoice_buyers_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoices (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX invoice_buyers_account ON invoice_buyers (account_id, invoice_id);

CREATE TRIGGER invoices_append_only_update BEFORE UPDATE ON invoices
BEGIN
    SELECT RAISE(ABORT, 'invoices_append_only');
END;
CREATE TRIGGER invoices_append_only_delete BEFORE DELETE ON invoices
BEGIN
    SELECT RAISE(ABORT, 'invoices_append_only');
END;
