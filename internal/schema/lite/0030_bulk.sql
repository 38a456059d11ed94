-- Written by tools/generate.sh from internal/schema/0030_bulk.sql. Do not edit.

CREATE TABLE bulk_edits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    actor TEXT NOT NULL,
    changed INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    results TEXT NOT NULL,
    next_cursor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT bulk_edits_public_id_key UNIQUE (public_id),
    CONSTRAINT bulk_edits_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT bulk_edits_counts_check CHECK (changed >= 0 AND unchanged >= 0 AND refused >= 0 AND changed + unchanged + refused <= 200)
) STRICT;

CREATE INDEX bulk_edits_age ON bulk_edits (created_at, id);
