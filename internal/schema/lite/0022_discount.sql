-- Written by tools/generate.sh from internal/schema/0022_discount.sql. Do not edit.

ALTER TABLE products ADD COLUMN tax_bp INTEGER CONSTRAINT products_tax_check CHECK (tax_bp BETWEEN 0 AND 10000);

ALTER TABLE products ADD COLUMN tax_code TEXT NOT NULL DEFAULT '';

ALTER TABLE products ADD COLUMN review TEXT NOT NULL DEFAULT '' CONSTRAINT products_review_check CHECK (review IN ('', 'submitted', 'rejected', 'changed'));

ALTER TABLE products ADD COLUMN review_note TEXT NOT NULL DEFAULT '';

CREATE INDEX products_review ON products (review, id) WHERE review <> '';

CREATE INDEX products_category_key ON products (category_id, id);

CREATE TABLE discounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    value INTEGER NOT NULL,
    currency TEXT NOT NULL,
    scope TEXT NOT NULL,
    paid_by TEXT NOT NULL,
    state TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    pass INTEGER NOT NULL,
    settled INTEGER NOT NULL CONSTRAINT discounts_settled_bool CHECK (settled IN (0, 1)),
    created_by TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT discounts_public_id_key UNIQUE (public_id),
    CONSTRAINT discounts_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT discounts_value_check CHECK (value > 0 AND (kind = 'amount' AND value <= 10000000000000 OR kind = 'percent' AND value <= 10000)),
    CONSTRAINT discounts_scope_check CHECK (scope IN ('all', 'products', 'categories', 'stores')),
    CONSTRAINT discounts_paid_by_check CHECK (paid_by = 'store' OR paid_by = 'platform' AND store_id IS NULL),
    CONSTRAINT discounts_state_check CHECK (state IN ('scheduled', 'live', 'ended')),
    CONSTRAINT discounts_time_check CHECK (ends_at >= starts_at),
    CONSTRAINT discounts_version_check CHECK (version > 0)
) STRICT;

CREATE INDEX discounts_store ON discounts (store_id, id);

CREATE INDEX discounts_store_state ON discounts (store_id, state, id);

CREATE INDEX discounts_events ON discounts (id) WHERE store_id IS NULL;

CREATE INDEX discounts_events_state ON discounts (state, id) WHERE store_id IS NULL;

CREATE INDEX discounts_due ON discounts (due_at, id) WHERE due_at < 253370764800000000;

CREATE INDEX discounts_unsettled ON discounts (id) WHERE NOT settled;

CREATE TABLE discount_scopes (
    discount_id INTEGER NOT NULL,
    thing INTEGER NOT NULL,
    CONSTRAINT discount_scopes_pkey PRIMARY KEY (discount_id, thing),
    CONSTRAINT discount_scopes_discount_fkey FOREIGN KEY (discount_id) REFERENCES discounts (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE discount_stores (
    discount_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    joined_by TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    CONSTRAINT discount_stores_pkey PRIMARY KEY (discount_id, store_id),
    CONSTRAINT discount_stores_discount_fkey FOREIGN KEY (discount_id) REFERENCES discounts (id),
    CONSTRAINT discount_stores_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX discount_stores_store ON discount_stores (store_id, discount_id);

CREATE TABLE discount_targets (
    discount_id INTEGER NOT NULL,
    target TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    open INTEGER NOT NULL CONSTRAINT discount_targets_open_bool CHECK (open IN (0, 1)),
    CONSTRAINT discount_targets_pkey PRIMARY KEY (discount_id, target, store_id),
    CONSTRAINT discount_targets_discount_fkey FOREIGN KEY (discount_id) REFERENCES discounts (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX discount_targets_open ON discount_targets (target) WHERE open;

CREATE INDEX discount_targets_target ON discount_targets (target, discount_id);

ALTER TABLE orders ADD COLUMN promotion INTEGER NOT NULL DEFAULT 0 CONSTRAINT orders_promotion_check CHECK (promotion BETWEEN 0 AND discount);

ALTER TABLE orders ADD COLUMN promotion_back INTEGER NOT NULL DEFAULT 0 CONSTRAINT orders_promotion_back_check CHECK (promotion_back BETWEEN 0 AND promotion);

ALTER TABLE order_lines ADD COLUMN list_price INTEGER NOT NULL DEFAULT 0;

ALTER TABLE order_lines ADD COLUMN discount_ref TEXT NOT NULL DEFAULT '';

ALTER TABLE order_lines ADD COLUMN discount_title TEXT NOT NULL DEFAULT '';

ALTER TABLE order_lines ADD COLUMN discount_by TEXT NOT NULL DEFAULT '' CONSTRAINT order_lines_discount_by_check CHECK (discount_by IN ('', 'store', 'platform'));

ALTER TABLE order_lines ADD COLUMN promotion_cut INTEGER NOT NULL DEFAULT 0 CONSTRAINT order_lines_promotion_cut_check CHECK (promotion_cut BETWEEN 0 AND discount);

ALTER TABLE order_lines ADD COLUMN tax_code TEXT NOT NULL DEFAULT '';
