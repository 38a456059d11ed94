-- Written by tools/generate.sh from internal/schema/0006_catalog.sql. Do not edit.

CREATE TABLE categories (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    parent_id INTEGER,
    position INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT categories_public_id_key UNIQUE (public_id),
    CONSTRAINT categories_slug_key UNIQUE (slug),
    CONSTRAINT categories_parent_fkey FOREIGN KEY (parent_id) REFERENCES categories (id),
    CONSTRAINT categories_parent_check CHECK (parent_id <> id),
    CONSTRAINT categories_position_check CHECK (position BETWEEN 0 AND 1000000)
) STRICT;

CREATE INDEX categories_parent ON categories (parent_id);

CREATE TABLE products (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    handle TEXT NOT NULL,
    category_id INTEGER,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    vendor TEXT NOT NULL,
    option1 TEXT NOT NULL,
    option2 TEXT NOT NULL,
    option3 TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    published_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT products_public_id_key UNIQUE (public_id),
    CONSTRAINT products_handle_key UNIQUE (store_id, handle),
    CONSTRAINT products_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT products_category_fkey FOREIGN KEY (category_id) REFERENCES categories (id),
    CONSTRAINT products_state_check CHECK (state IN ('draft', 'published', 'archived')),
    CONSTRAINT products_version_check CHECK (version > 0)
) STRICT;

CREATE INDEX products_category ON products (category_id);

CREATE TABLE variants (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    product_id INTEGER NOT NULL,
    store_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    option1 TEXT NOT NULL,
    option2 TEXT NOT NULL,
    option3 TEXT NOT NULL,
    sku TEXT,
    barcode TEXT NOT NULL,
    price INTEGER NOT NULL,
    currency TEXT NOT NULL,
    weight INTEGER NOT NULL,
    track_stock INTEGER NOT NULL CONSTRAINT variants_track_stock_bool CHECK (track_stock IN (0, 1)),
    archived INTEGER NOT NULL CONSTRAINT variants_archived_bool CHECK (archived IN (0, 1)),
    import_stock INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT variants_public_id_key UNIQUE (public_id),
    CONSTRAINT variants_product_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT variants_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT variants_price_check CHECK (price BETWEEN 0 AND 10000000000000),
    CONSTRAINT variants_weight_check CHECK (weight BETWEEN 0 AND 1000000000),
    CONSTRAINT variants_version_check CHECK (version > 0)
) STRICT;

CREATE INDEX variants_product ON variants (product_id, position, id);

CREATE INDEX variants_store ON variants (store_id);

CREATE UNIQUE INDEX variants_sku_key ON variants (store_id, sku) WHERE sku IS NOT NULL AND NOT archived;

CREATE UNIQUE INDEX variants_options_key ON variants (product_id, option1, option2, option3) WHERE NOT archived;

CREATE TABLE price_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    old_price INTEGER,
    new_price INTEGER NOT NULL,
    currency TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT price_changes_product_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT price_changes_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT price_changes_price_check CHECK (new_price BETWEEN 0 AND 10000000000000)
) STRICT;

CREATE INDEX price_changes_product ON price_changes (product_id, id);

CREATE INDEX price_changes_variant ON price_changes (variant_id, id);

CREATE TABLE listings (
    product_id INTEGER NOT NULL CONSTRAINT listings_pkey PRIMARY KEY,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    store TEXT NOT NULL,
    store_name TEXT NOT NULL,
    category_id INTEGER,
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    state TEXT NOT NULL,
    visible INTEGER NOT NULL CONSTRAINT listings_visible_bool CHECK (visible IN (0, 1)),
    variant_count INTEGER NOT NULL,
    price_from INTEGER NOT NULL,
    price_to INTEGER NOT NULL,
    currency TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT listings_public_id_key UNIQUE (public_id),
    CONSTRAINT listings_product_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT listings_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT listings_category_fkey FOREIGN KEY (category_id) REFERENCES categories (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX listings_newest ON listings (published_at, product_id) WHERE visible;

CREATE INDEX listings_price ON listings (price_from, product_id) WHERE visible;

CREATE INDEX listings_title ON listings (title_key, product_id) WHERE visible;

CREATE INDEX listings_category_newest ON listings (category_id, published_at, product_id) WHERE visible;

CREATE INDEX listings_category_price ON listings (category_id, price_from, product_id) WHERE visible;

CREATE INDEX listings_category_title ON listings (category_id, title_key, product_id) WHERE visible;

CREATE INDEX listings_store_newest ON listings (store, published_at, product_id) WHERE visible;

CREATE INDEX listings_store_price ON listings (store, price_from, product_id) WHERE visible;

CREATE INDEX listings_store_title ON listings (store, title_key, product_id) WHERE visible;

CREATE INDEX listings_store_category_newest ON listings (store, category_id, published_at, product_id) WHERE visible;

CREATE INDEX listings_store_all ON listings (store_id, product_id);

CREATE INDEX listings_store_state ON listings (store_id, state, product_id);

CREATE INDEX listings_category_all ON listings (category_id);

CREATE TABLE imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    actor TEXT NOT NULL,
    state TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    currency TEXT NOT NULL,
    done INTEGER NOT NULL,
    bytes_read INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    error_count INTEGER NOT NULL,
    failure TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    finished_at INTEGER,
    CONSTRAINT imports_public_id_key UNIQUE (public_id),
    CONSTRAINT imports_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT imports_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT imports_state_check CHECK (state IN ('receiving', 'queued', 'running', 'finished', 'failed'))
) STRICT;

CREATE INDEX imports_store ON imports (store_id, id) WHERE state <> 'receiving';

CREATE INDEX imports_open ON imports (store_id, id) WHERE state IN ('queued', 'running');

CREATE INDEX imports_receiving ON imports (created_at, id) WHERE state = 'receiving';

CREATE INDEX imports_account ON imports (account_id);

CREATE TABLE import_files (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    data BLOB NOT NULL,
    CONSTRAINT import_files_part_key UNIQUE (import_id, part),
    CONSTRAINT import_files_import_fkey FOREIGN KEY (import_id) REFERENCES imports (id),
    CONSTRAINT import_files_data_check CHECK (octet_length(data) BETWEEN 1 AND 65536)
) STRICT;

CREATE TABLE import_errors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    handle TEXT NOT NULL,
    field TEXT NOT NULL,
    code TEXT NOT NULL,
    message TEXT NOT NULL,
    CONSTRAINT import_errors_import_fkey FOREIGN KEY (import_id) REFERENCES imports (id)
) STRICT;

CREATE INDEX import_errors_import ON import_errors (import_id, id);

CREATE TRIGGER price_changes_append_only_update BEFORE UPDATE ON price_changes
BEGIN
    SELECT RAISE(ABORT, 'price_changes_append_only');
END;
CREATE TRIGGER price_changes_append_only_delete BEFORE DELETE ON price_changes
BEGIN
    SELECT RAISE(ABORT, 'price_changes_append_only');
END;
