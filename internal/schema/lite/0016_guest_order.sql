-- Written by tools/generate.sh from internal/schema/0016_guest_order.sql. Do not edit.

ALTER TABLE orders ADD COLUMN channel TEXT NOT NULL DEFAULT 'checkout';

ALTER TABLE orders ADD COLUMN reference TEXT NOT NULL DEFAULT '';

ALTER TABLE orders ADD COLUMN store_note TEXT NOT NULL DEFAULT '';

ALTER TABLE order_lines ADD COLUMN cut_quantity INTEGER NOT NULL DEFAULT 0;

ALTER TABLE order_lines ADD COLUMN cut_total INTEGER NOT NULL DEFAULT 0;

CREATE INDEX orders_by_guest ON orders (id) WHERE channel = 'guest';

CREATE INDEX orders_of_store_by_guest ON orders (store_id, id) WHERE channel = 'guest';

CREATE INDEX orders_referred ON orders (reference, id) WHERE reference <> '';

CREATE TABLE guest_orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    requester TEXT NOT NULL,
    reference TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT guest_orders_order_key UNIQUE (order_id),
    CONSTRAINT guest_orders_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT guest_orders_reference_key UNIQUE (requester, reference, store_id),
    CONSTRAINT guest_orders_token_key UNIQUE (token_hash)
) STRICT;

CREATE INDEX guest_orders_requester ON guest_orders (requester, created_at);
