-- Written by tools/generate.sh from internal/schema/0007_inventory.sql. Do not edit.

CREATE TABLE stock (
    variant_id INTEGER NOT NULL CONSTRAINT stock_pkey PRIMARY KEY,
    available INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT stock_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT stock_available_check CHECK (available BETWEEN 0 AND 1000000000000),
    CONSTRAINT stock_reserved_check CHECK (reserved BETWEEN 0 AND 1000000000000)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    variant_id INTEGER NOT NULL,
    qty INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT reservations_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT reservations_qty_check CHECK (qty BETWEEN 1 AND 1000000000),
    CONSTRAINT reservations_state_check CHECK (state IN ('live', 'sold', 'released', 'returned'))
) STRICT;

CREATE INDEX reservations_owner ON reservations (owner, state);

CREATE INDEX reservations_variant ON reservations (variant_id);

CREATE UNIQUE INDEX reservations_live_key ON reservations (variant_id, owner) WHERE state = 'live';

CREATE TABLE stock_movements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    variant_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    available_delta INTEGER NOT NULL,
    reserved_delta INTEGER NOT NULL,
    available_after INTEGER NOT NULL,
    reserved_after INTEGER NOT NULL,
    subject TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT stock_movements_public_id_key UNIQUE (public_id),
    CONSTRAINT stock_movements_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT stock_movements_kind_check CHECK (kind IN ('adjust', 'reserve', 'sell', 'release', 'sell_now', 'return')),
    CONSTRAINT stock_movements_after_check CHECK (available_after >= 0 AND reserved_after >= 0)
) STRICT;

CREATE INDEX stock_movements_variant ON stock_movements (variant_id, id);

CREATE TRIGGER stock_movements_append_only_update BEFORE UPDATE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_append_only');
END;
CREATE TRIGGER stock_movements_append_only_delete BEFORE DELETE ON stock_movements
BEGIN
    SELECT RAISE(ABORT, 'stock_movements_append_only');
END;
