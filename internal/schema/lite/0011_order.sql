-- Written by tools/generate.sh from internal/schema/0011_order.sql. Do not edit.

CREATE TABLE checkouts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    side TEXT NOT NULL,
    method TEXT NOT NULL,
    currency TEXT NOT NULL,
    goods INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    total INTEGER NOT NULL,
    line_count INTEGER NOT NULL,
    unit_count INTEGER NOT NULL,
    contact TEXT NOT NULL,
    address TEXT NOT NULL,
    note TEXT NOT NULL,
    open INTEGER NOT NULL CONSTRAINT checkouts_open_bool CHECK (open IN (0, 1)),
    placed_at INTEGER NOT NULL,
    CONSTRAINT checkouts_public_id_key UNIQUE (public_id),
    CONSTRAINT checkouts_side_check CHECK (side IN ('sale', 'buyback')),
    CONSTRAINT checkouts_method_check CHECK (method IN ('gateway', 'wallet', 'cod', 'none')),
    CONSTRAINT checkouts_total_check CHECK (total = goods - discount + tax + delivery AND total >= 0 AND total <= 10000000000000)
) STRICT;

CREATE INDEX checkouts_account ON checkouts (account_id, id);

CREATE INDEX checkouts_open ON checkouts (account_id) WHERE open;

CREATE TABLE orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    checkout_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    side TEXT NOT NULL,
    state TEXT NOT NULL,
    cancel_reason TEXT NOT NULL,
    method TEXT NOT NULL,
    payment_status TEXT NOT NULL,
    currency TEXT NOT NULL,
    goods INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    total INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    captured INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    line_count INTEGER NOT NULL,
    unit_count INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    confirmed_at INTEGER,
    shipped_at INTEGER,
    delivered_at INTEGER,
    completed_at INTEGER,
    cancelled_at INTEGER,
    updated_at INTEGER NOT NULL,
    CONSTRAINT orders_public_id_key UNIQUE (public_id),
    CONSTRAINT orders_checkout_fkey FOREIGN KEY (checkout_id) REFERENCES checkouts (id),
    CONSTRAINT orders_side_check CHECK (side IN ('sale', 'buyback')),
    CONSTRAINT orders_state_check CHECK (state IN ('awaiting_payment', 'pending', 'confirmed', 'processing', 'shipped', 'delivered', 'completed', 'cancelled', 'returning', 'returned')),
    CONSTRAINT orders_cancel_check CHECK ((state = 'cancelled') = (cancel_reason <> '')),
    CONSTRAINT orders_total_check CHECK (total = goods - discount + tax + delivery AND total >= 0 AND total <= 10000000000000),
    CONSTRAINT orders_fee_check CHECK (fee >= 0 AND fee <= goods),
    CONSTRAINT orders_captured_check CHECK (captured = 0 OR captured = total),
    CONSTRAINT orders_refunded_check CHECK (refunded >= 0 AND refunded <= captured),
    CONSTRAINT orders_payment_status_check CHECK (payment_status = CASE WHEN captured = 0 AND total > 0 THEN 'unpaid' WHEN refunded = 0 THEN 'paid' WHEN refunded < captured THEN 'part_refunded' ELSE 'refunded' END)
) STRICT;

CREATE INDEX orders_checkout ON orders (checkout_id, id);

CREATE INDEX orders_newest ON orders (placed_at, id);

CREATE INDEX orders_state ON orders (state, placed_at, id);

CREATE INDEX orders_payment_status ON orders (payment_status, placed_at, id);

CREATE INDEX orders_account ON orders (account_id, placed_at, id);

CREATE INDEX orders_account_state ON orders (account_id, state, placed_at, id);

CREATE INDEX orders_account_payment ON orders (account_id, payment_status, placed_at, id);

CREATE INDEX orders_store ON orders (store_id, placed_at, id);

CREATE INDEX orders_store_state ON orders (store_id, state, placed_at, id);

CREATE INDEX orders_store_payment ON orders (store_id, payment_status, placed_at, id);

CREATE INDEX orders_due ON orders (due_at, id) WHERE due_at < 253370764800000000;

CREATE TABLE order_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    order_id INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    variant TEXT NOT NULL,
    product TEXT NOT NULL,
    title TEXT NOT NULL,
    variant_title TEXT NOT NULL,
    options TEXT NOT NULL,
    sku TEXT NOT NULL,
    barcode TEXT NOT NULL,
    tracked INTEGER NOT NULL CONSTRAINT order_lines_tracked_bool CHECK (tracked IN (0, 1)),
    weight INTEGER NOT NULL,
    unit_price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    goods INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    tax_bp INTEGER NOT NULL,
    tax INTEGER NOT NULL,
    total INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    CONSTRAINT order_lines_public_id_key UNIQUE (public_id),
    CONSTRAINT order_lines_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT order_lines_quantity_check CHECK (quantity > 0 AND quantity <= 1000000000),
    CONSTRAINT order_lines_total_check CHECK (total = goods - discount + tax AND total >= 0 AND total <= 10000000000000)
) STRICT;

CREATE INDEX order_lines_order ON order_lines (order_id, id);

CREATE INDEX order_lines_variant ON order_lines (variant_id, id);
