-- Written by tools/generate.sh from internal/schema/0062_rowid.sql. Do not edit.

CREATE TABLE listings_0062 (
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
    brand TEXT NOT NULL DEFAULT '',
    brand_key TEXT NOT NULL DEFAULT '',
    price_was INTEGER NOT NULL DEFAULT 0,
    on_sale INTEGER NOT NULL CONSTRAINT listings_on_sale_bool CHECK (on_sale IN (0, 1)) DEFAULT FALSE,
    image TEXT NOT NULL DEFAULT '',
    in_stock INTEGER NOT NULL CONSTRAINT listings_in_stock_bool CHECK (in_stock IN (0, 1)) DEFAULT FALSE,
    sold INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT listings_public_id_key UNIQUE (public_id),
    CONSTRAINT listings_product_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT listings_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT listings_category_fkey FOREIGN KEY (category_id) REFERENCES categories (id)
) STRICT;

INSERT INTO listings_0062 SELECT * FROM listings;

DROP TABLE listings;

ALTER TABLE listings_0062 RENAME TO listings;

CREATE INDEX listings_store_all ON listings (store_id);

CREATE INDEX listings_store_state ON listings (store_id, state);

CREATE INDEX listings_category_all ON listings (category_id);

CREATE TABLE stock_0062 (
    variant_id INTEGER NOT NULL CONSTRAINT stock_pkey PRIMARY KEY,
    available INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    store_id INTEGER NOT NULL DEFAULT 0,
    sku TEXT NOT NULL DEFAULT '',
    low_at INTEGER NOT NULL DEFAULT 5 CONSTRAINT stock_low_at_check CHECK (low_at BETWEEN 0 AND 1000000000),
    own_low_at INTEGER CONSTRAINT stock_own_low_at_check CHECK (own_low_at BETWEEN 0 AND 1000000000),
    mark TEXT NOT NULL DEFAULT '' CONSTRAINT stock_mark_check CHECK (mark = '' OR mark = 'fine' OR mark = 'low' OR mark = 'out'),
    CONSTRAINT stock_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT stock_available_check CHECK (available BETWEEN 0 AND 1000000000000),
    CONSTRAINT stock_reserved_check CHECK (reserved BETWEEN 0 AND 1000000000000)
) STRICT;

INSERT INTO stock_0062 SELECT * FROM stock;

DROP TABLE stock;

ALTER TABLE stock_0062 RENAME TO stock;

CREATE INDEX stock_store ON stock (store_id, sku) WHERE mark <> '';

CREATE INDEX stock_store_low ON stock (store_id, sku) WHERE mark IN ('low', 'out');

CREATE INDEX stock_store_out ON stock (store_id, sku) WHERE mark = 'out';

CREATE INDEX stock_store_threshold ON stock (store_id, low_at) WHERE mark <> '' AND own_low_at IS NULL;

CREATE TABLE search_documents_0062 (
    id INTEGER NOT NULL CONSTRAINT search_documents_pkey PRIMARY KEY,
    words BLOB NOT NULL
) STRICT;

INSERT INTO search_documents_0062 SELECT * FROM search_documents;

DROP TABLE search_documents;

ALTER TABLE search_documents_0062 RENAME TO search_documents;

CREATE TABLE listing_tallies_0062 (
    product_id INTEGER NOT NULL CONSTRAINT listing_tallies_pkey PRIMARY KEY,
    tally TEXT NOT NULL
) STRICT;

INSERT INTO listing_tallies_0062 SELECT * FROM listing_tallies;

DROP TABLE listing_tallies;

ALTER TABLE listing_tallies_0062 RENAME TO listing_tallies;

CREATE TABLE product_details_0062 (
    product_id INTEGER NOT NULL CONSTRAINT product_details_pkey PRIMARY KEY,
    type TEXT NOT NULL,
    tags TEXT NOT NULL,
    seo_title TEXT NOT NULL,
    seo_description TEXT NOT NULL,
    more TEXT NOT NULL,
    CONSTRAINT product_details_product_fkey FOREIGN KEY (product_id) REFERENCES products (id)
) STRICT;

INSERT INTO product_details_0062 SELECT * FROM product_details;

DROP TABLE product_details;

ALTER TABLE product_details_0062 RENAME TO product_details;

CREATE TABLE variant_details_0062 (
    variant_id INTEGER NOT NULL CONSTRAINT variant_details_pkey PRIMARY KEY,
    compare_at INTEGER NOT NULL,
    taxable INTEGER NOT NULL CONSTRAINT variant_details_taxable_bool CHECK (taxable IN (0, 1)),
    shipping INTEGER NOT NULL CONSTRAINT variant_details_shipping_bool CHECK (shipping IN (0, 1)),
    weight_unit TEXT NOT NULL,
    more TEXT NOT NULL,
    CONSTRAINT variant_details_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT variant_details_compare_at_check CHECK (compare_at BETWEEN 0 AND 10000000000000)
) STRICT;

INSERT INTO variant_details_0062 SELECT * FROM variant_details;

DROP TABLE variant_details;

ALTER TABLE variant_details_0062 RENAME TO variant_details;
