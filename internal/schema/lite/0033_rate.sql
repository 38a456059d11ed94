-- Written by tools/generate.sh from internal/schema/0033_rate.sql. Do not edit.

CREATE TABLE service_areas (
    store_id INTEGER NOT NULL,
    postal_code TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT service_areas_pkey PRIMARY KEY (store_id, postal_code),
    CONSTRAINT service_areas_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX service_areas_code ON service_areas (postal_code, store_id);

CREATE TABLE area_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    wanted INTEGER NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT area_requests_public_id_key UNIQUE (public_id),
    CONSTRAINT area_requests_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT area_requests_state_check CHECK (state IN ('pending', 'approved', 'rejected')),
    CONSTRAINT area_requests_wanted_check CHECK (wanted BETWEEN 1 AND 11)
) STRICT;

CREATE UNIQUE INDEX area_requests_pending_key ON area_requests (store_id) WHERE state = 'pending';

CREATE INDEX area_requests_state ON area_requests (state, id);

CREATE INDEX area_requests_store ON area_requests (store_id, id);

CREATE TABLE rates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    material_id INTEGER NOT NULL,
    postal_code TEXT NOT NULL,
    price INTEGER NOT NULL,
    currency TEXT NOT NULL,
    offered INTEGER NOT NULL CONSTRAINT rates_offered_bool CHECK (offered IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT rates_public_id_key UNIQUE (public_id),
    CONSTRAINT rates_place_key UNIQUE (store_id, material_id, postal_code),
    CONSTRAINT rates_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT rates_material_fkey FOREIGN KEY (material_id) REFERENCES materials (id),
    CONSTRAINT rates_price_check CHECK (price > 0 AND price <= 10000000000000)
) STRICT;

CREATE INDEX rates_of_store ON rates (store_id, id);

CREATE INDEX rates_of_store_there ON rates (store_id, postal_code, id);

CREATE INDEX rates_of_material ON rates (material_id, id);

CREATE INDEX rates_there ON rates (postal_code, price, id) WHERE offered;

CREATE INDEX rates_there_of ON rates (postal_code, material_id, price, id) WHERE offered;

CREATE TABLE rate_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    store_id INTEGER NOT NULL,
    rate TEXT NOT NULL,
    material_id INTEGER NOT NULL,
    postal_code TEXT NOT NULL,
    old_price INTEGER,
    new_price INTEGER,
    currency TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT rate_changes_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT rate_changes_material_fkey FOREIGN KEY (material_id) REFERENCES materials (id),
    CONSTRAINT rate_changes_price_check CHECK (old_price IS NOT NULL OR new_price IS NOT NULL)
) STRICT;

CREATE INDEX rate_changes_of_store ON rate_changes (store_id, id);

CREATE INDEX rate_changes_of_rate ON rate_changes (rate, id);

CREATE TRIGGER rate_changes_append_only_update BEFORE UPDATE ON rate_changes
BEGIN
    SELECT RAISE(ABORT, 'rate_changes_append_only');
END;
CREATE TRIGGER rate_changes_append_only_delete BEFORE DELETE ON rate_changes
BEGIN
    SELECT RAISE(ABORT, 'rate_changes_append_only');
END;
