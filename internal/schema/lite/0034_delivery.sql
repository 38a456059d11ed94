-- Written by tools/generate.sh from internal/schema/0034_delivery.sql. Do not edit.

CREATE TABLE couriers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    business_name TEXT NOT NULL,
    contact TEXT NOT NULL,
    vehicle TEXT NOT NULL,
    plate TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    papers_until INTEGER NOT NULL,
    available INTEGER NOT NULL CONSTRAINT couriers_available_bool CHECK (available IN (0, 1)),
    share_bp INTEGER NOT NULL,
    jobs INTEGER NOT NULL,
    load INTEGER NOT NULL,
    rating_sum INTEGER NOT NULL,
    rating_count INTEGER NOT NULL,
    lat INTEGER,
    lng INTEGER,
    located_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT couriers_public_id_key UNIQUE (public_id),
    CONSTRAINT couriers_account_key UNIQUE (account_id),
    CONSTRAINT couriers_vehicle_check CHECK (vehicle IN ('', 'foot', 'bicycle', 'motorcycle', 'car', 'van', 'truck')),
    CONSTRAINT couriers_state_check CHECK (state IN ('unverified', 'verified', 'suspended')),
    CONSTRAINT couriers_capacity_check CHECK (capacity BETWEEN 0 AND 50000000),
    CONSTRAINT couriers_share_check CHECK (share_bp BETWEEN 0 AND 10000),
    CONSTRAINT couriers_jobs_check CHECK (jobs >= 0 AND load >= 0),
    CONSTRAINT couriers_rating_check CHECK (rating_count >= 0 AND rating_sum BETWEEN rating_count AND 5 * rating_count),
    CONSTRAINT couriers_place_check CHECK ((lat IS NULL) = (lng IS NULL) AND (lat IS NULL) = (located_at IS NULL))
) STRICT;

CREATE INDEX couriers_state ON couriers (state, id);

CREATE INDEX couriers_ready ON couriers (id) WHERE available AND state = 'verified';

CREATE TABLE courier_documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    courier_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    file TEXT,
    decided_by TEXT NOT NULL,
    decided_at INTEGER,
    created_at INTEGER NOT NULL,
    CONSTRAINT courier_documents_public_id_key UNIQUE (public_id),
    CONSTRAINT courier_documents_courier_fkey FOREIGN KEY (courier_id) REFERENCES couriers (id),
    CONSTRAINT courier_documents_file_fkey FOREIGN KEY (file) REFERENCES blobs (name),
    CONSTRAINT courier_documents_kind_check CHECK (kind IN ('identity', 'license', 'registration', 'insurance')),
    CONSTRAINT courier_documents_state_check CHECK (state IN ('submitted', 'verified', 'rejected', 'replaced')),
    CONSTRAINT courier_documents_decided_check CHECK ((state IN ('verified', 'rejected')) = (decided_at IS NOT NULL) OR state = 'replaced')
) STRICT;

CREATE INDEX courier_documents_courier ON courier_documents (courier_id, id);

CREATE INDEX courier_documents_file ON courier_documents (file);

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    tracking TEXT NOT NULL,
    track_hash TEXT NOT NULL,
    order_ref TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    buyer_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    open INTEGER NOT NULL CONSTRAINT deliveries_open_bool CHECK (open IN (0, 1)),
    courier_id INTEGER,
    pickup TEXT NOT NULL,
    dropoff TEXT NOT NULL,
    pickup_cell INTEGER NOT NULL,
    pickup_lat INTEGER,
    pickup_lng INTEGER,
    drop_lat INTEGER,
    drop_lng INTEGER,
    distance INTEGER,
    instructions TEXT NOT NULL,
    weight INTEGER NOT NULL,
    size TEXT NOT NULL,
    value INTEGER NOT NULL,
    fragile INTEGER NOT NULL CONSTRAINT deliveries_fragile_bool CHECK (fragile IN (0, 1)),
    signature INTEGER NOT NULL CONSTRAINT deliveries_signature_bool CHECK (signature IN (0, 1)),
    priority INTEGER NOT NULL,
    currency TEXT NOT NULL,
    fee INTEGER NOT NULL,
    share_bp INTEGER NOT NULL,
    earned INTEGER NOT NULL,
    cash INTEGER NOT NULL,
    cash_state TEXT NOT NULL,
    pickup_at INTEGER,
    deliver_at INTEGER,
    eta_at INTEGER,
    pin_no INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    proof TEXT NOT NULL,
    fail_reason TEXT NOT NULL,
    fails INTEGER NOT NULL,
    far INTEGER,
    flagged INTEGER NOT NULL CONSTRAINT deliveries_flagged_bool CHECK (flagged IN (0, 1)),
    rating INTEGER,
    assigned_at INTEGER,
    picked_up_at INTEGER,
    delivered_at INTEGER,
    ended_at INTEGER,
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT deliveries_public_id_key UNIQUE (public_id),
    CONSTRAINT deliveries_tracking_key UNIQUE (tracking),
    CONSTRAINT deliveries_track_hash_key UNIQUE (track_hash),
    CONSTRAINT deliveries_courier_fkey FOREIGN KEY (courier_id) REFERENCES couriers (id),
    CONSTRAINT deliveries_state_check CHECK (state IN ('available', 'assigned', 'picked_up', 'in_transit', 'delivered', 'failed', 'returned', 'cancelled')),
    CONSTRAINT deliveries_open_check CHECK (open = (state IN ('available', 'assigned', 'picked_up', 'in_transit', 'failed'))),
    CONSTRAINT deliveries_held_check CHECK (state NOT IN ('assigned', 'picked_up', 'in_transit', 'failed') OR courier_id IS NOT NULL),
    CONSTRAINT deliveries_free_check CHECK (state <> 'available' OR courier_id IS NULL),
    CONSTRAINT deliveries_weight_check CHECK (weight BETWEEN 0 AND 50000000),
    CONSTRAINT deliveries_fee_check CHECK (fee BETWEEN 0 AND 10000000000000 AND earned BETWEEN 0 AND fee),
    CONSTRAINT deliveries_value_check CHECK (value BETWEEN 0 AND 10000000000000 AND cash BETWEEN 0 AND 10000000000000),
    CONSTRAINT deliveries_cash_check CHECK (cash_state IN ('', 'carried', 'handed_in', 'short') AND (cash_state = '' OR state = 'delivered' AND cash > 0)),
    CONSTRAINT deliveries_share_check CHECK (share_bp BETWEEN 0 AND 10000),
    CONSTRAINT deliveries_priority_check CHECK (priority BETWEEN 0 AND 3),
    CONSTRAINT deliveries_tries_check CHECK (tries BETWEEN 0 AND 5),
    CONSTRAINT deliveries_proof_check CHECK (proof IN ('', 'pin', 'qr', 'photo', 'buyer', 'none') AND (state = 'delivered') = (proof <> '')),
    CONSTRAINT deliveries_rating_check CHECK (rating BETWEEN 1 AND 5)
) STRICT;

CREATE UNIQUE INDEX deliveries_order_open_key ON deliveries (order_ref) WHERE open;

CREATE INDEX deliveries_order ON deliveries (order_ref, id);

CREATE INDEX deliveries_free ON deliveries (pickup_cell, id) WHERE state = 'available';

CREATE INDEX deliveries_courier ON deliveries (courier_id, id);

CREATE INDEX deliveries_courier_state ON deliveries (courier_id, state, id);

CREATE INDEX deliveries_state ON deliveries (state, id);

CREATE INDEX deliveries_store ON deliveries (store_id, id);

CREATE INDEX deliveries_store_state ON deliveries (store_id, state, id);

CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE open;

CREATE INDEX deliveries_cash ON deliveries (courier_id, id) WHERE cash_state = 'carried';

CREATE TABLE delivery_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL,
    courier_id INTEGER NOT NULL,
    client_id TEXT,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    note TEXT NOT NULL,
    lat INTEGER,
    lng INTEGER,
    photo TEXT,
    signature TEXT,
    device_at INTEGER,
    at INTEGER NOT NULL,
    CONSTRAINT delivery_events_delivery_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries (id),
    CONSTRAINT delivery_events_photo_fkey FOREIGN KEY (photo) REFERENCES blobs (name),
    CONSTRAINT delivery_events_signature_fkey FOREIGN KEY (signature) REFERENCES blobs (name),
    CONSTRAINT delivery_events_place_check CHECK ((lat IS NULL) = (lng IS NULL))
) STRICT;

CREATE INDEX delivery_events_delivery ON delivery_events (delivery_id, id);

CREATE UNIQUE INDEX delivery_events_client_key ON delivery_events (courier_id, client_id) WHERE client_id IS NOT NULL;

CREATE INDEX delivery_events_photo ON delivery_events (photo);

CREATE INDEX delivery_events_signature ON delivery_events (signature);

CREATE TRIGGER delivery_events_append_only_update BEFORE UPDATE ON delivery_events
BEGIN
    SELECT RAISE(ABORT, 'delivery_events_append_only');
END;
CREATE TRIGGER delivery_events_append_only_delete BEFORE DELETE ON delivery_events
BEGIN
    SELECT RAISE(ABORT, 'delivery_events_append_only');
END;
