-- Written by tools/generate.sh from internal/schema/0023_brand_registry.sql. Do not edit.

CREATE TABLE brands (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT brands_public_id_key UNIQUE (public_id),
    CONSTRAINT brands_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT brands_state_check CHECK (state IN ('pending', 'approved', 'rejected'))
) STRICT;

CREATE UNIQUE INDEX brands_name_key ON brands (name_key) WHERE state <> 'rejected';

CREATE INDEX brands_state ON brands (state, id);

CREATE INDEX brands_store ON brands (store_id, id);
