-- Written by tools/generate.sh from internal/schema/0010_cart.sql. Do not edit.

CREATE TABLE carts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT carts_public_id_key UNIQUE (public_id),
    CONSTRAINT carts_account_id_key UNIQUE (account_id)
) STRICT;

CREATE TABLE cart_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    cart_id INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    variant TEXT NOT NULL,
    qty INTEGER NOT NULL,
    price_seen INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT cart_lines_public_id_key UNIQUE (public_id),
    CONSTRAINT cart_lines_variant_key UNIQUE (cart_id, variant_id),
    CONSTRAINT cart_lines_cart_fkey FOREIGN KEY (cart_id) REFERENCES carts (id),
    CONSTRAINT cart_lines_qty_check CHECK (qty > 0 AND qty <= 10000),
    CONSTRAINT cart_lines_price_check CHECK (price_seen >= 0 AND price_seen <= 10000000000000)
) STRICT;
