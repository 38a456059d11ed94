-- Written by tools/generate.sh from internal/schema/0037_buyback.sql. Do not edit.

CREATE TABLE cart_rates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    cart_id INTEGER NOT NULL,
    rate_id INTEGER NOT NULL,
    rate TEXT NOT NULL,
    qty INTEGER NOT NULL,
    price_seen INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT cart_rates_public_id_key UNIQUE (public_id),
    CONSTRAINT cart_rates_rate_key UNIQUE (cart_id, rate_id),
    CONSTRAINT cart_rates_cart_fkey FOREIGN KEY (cart_id) REFERENCES carts (id),
    CONSTRAINT cart_rates_qty_check CHECK (qty > 0 AND qty <= 1000000000),
    CONSTRAINT cart_rates_price_check CHECK (price_seen > 0 AND price_seen <= 10000000000000)
) STRICT;

CREATE TABLE pickups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    postal_code TEXT NOT NULL,
    day TEXT NOT NULL,
    slot TEXT NOT NULL,
    open INTEGER NOT NULL CONSTRAINT pickups_open_bool CHECK (open IN (0, 1)),
    missed_at INTEGER,
    otp_no INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    fee_bp INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    paid_by TEXT NOT NULL,
    flagged INTEGER NOT NULL CONSTRAINT pickups_flagged_bool CHECK (flagged IN (0, 1)),
    weighed_by TEXT NOT NULL,
    month TEXT NOT NULL,
    completed_at INTEGER,
    CONSTRAINT pickups_order_key UNIQUE (order_id),
    CONSTRAINT pickups_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT pickups_slot_check CHECK (slot IN ('8am - 1pm', '1pm - 6pm')),
    CONSTRAINT pickups_tries_check CHECK (tries BETWEEN 0 AND 5),
    CONSTRAINT pickups_otp_check CHECK (otp_no > 0),
    CONSTRAINT pickups_paid_check CHECK (paid >= 0 AND (paid > 0) = (paid_by <> '')),
    CONSTRAINT pickups_paid_by_check CHECK (paid_by IN ('', 'cash', 'wallet')),
    CONSTRAINT pickups_fee_check CHECK (fee_bp BETWEEN 0 AND 10000),
    CONSTRAINT pickups_completed_check CHECK ((month <> '') = (completed_at IS NOT NULL) AND (completed_at IS NULL OR NOT open))
) STRICT;

CREATE INDEX pickups_of_store ON pickups (store_id, day, id) WHERE open;

CREATE INDEX pickups_of_month ON pickups (month, store_id, id) WHERE completed_at IS NOT NULL;

CREATE TABLE buyback_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    order_id INTEGER NOT NULL,
    rate TEXT NOT NULL,
    material TEXT NOT NULL,
    title TEXT NOT NULL,
    unit TEXT NOT NULL,
    tax_code TEXT NOT NULL,
    unit_price INTEGER NOT NULL,
    ordered INTEGER NOT NULL,
    weighed INTEGER,
    amount INTEGER NOT NULL,
    tax_bp INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    CONSTRAINT buyback_lines_public_id_key UNIQUE (public_id),
    CONSTRAINT buyback_lines_rate_key UNIQUE (order_id, rate),
    CONSTRAINT buyback_lines_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT buyback_lines_price_check CHECK (unit_price > 0 AND unit_price <= 10000000000000),
    CONSTRAINT buyback_lines_ordered_check CHECK (ordered BETWEEN 0 AND 1000000000),
    CONSTRAINT buyback_lines_weighed_check CHECK (weighed BETWEEN 0 AND 1000000000),
    CONSTRAINT buyback_lines_amount_check CHECK (amount >= 0 AND tax >= 0 AND fee BETWEEN 0 AND amount)
) STRICT;

CREATE INDEX orders_of_store_of_customer ON orders (store_id, account_id, id) WHERE side = 'buyback';

CREATE INDEX orders_bought ON orders (id) WHERE side = 'buyback';

CREATE INDEX orders_of_store_bought ON orders (store_id, id) WHERE side = 'buyback';
