-- Written by tools/generate.sh from internal/schema/0062_rowid.sql. Do not edit.

-- On the embedded engine a table whose key is not numbered by the engine was made WITHOUT ROWID: a tree of its rows, in which
-- the upper pages hold whole rows too. Where the key is one number and the row is wide, that tree is deep, and each step
-- down compares records. These tables become ordinary ones, whose key is the row's number: the upper pages hold numbers.
-- Columns, rules and indexes stay what they are, but for the last column of an index, which is the key: the engine adds that
-- by itself. A key of NULL is numbered by the engine instead of refused; the generator refuses a statement that could bring one.

-- haat:rowid listings

-- haat:lite CREATE TABLE listings_0062 (
-- haat:lite     product_id INTEGER NOT NULL CONSTRAINT listings_pkey PRIMARY KEY,
-- haat:lite     public_id TEXT NOT NULL,
-- haat:lite     store_id INTEGER NOT NULL,
-- haat:lite     store TEXT NOT NULL,
-- haat:lite     store_name TEXT NOT NULL,
-- haat:lite     category_id INTEGER,
-- haat:lite     title TEXT NOT NULL,
-- haat:lite     title_key TEXT NOT NULL,
-- haat:lite     state TEXT NOT NULL,
-- haat:lite     visible INTEGER NOT NULL CONSTRAINT listings_visible_bool CHECK (visible IN (0, 1)),
-- haat:lite     variant_count INTEGER NOT NULL,
-- haat:lite     price_from INTEGER NOT NULL,
-- haat:lite     price_to INTEGER NOT NULL,
-- haat:lite     currency TEXT NOT NULL,
-- haat:lite     published_at INTEGER NOT NULL,
-- haat:lite     created_at INTEGER NOT NULL,
-- haat:lite     updated_at INTEGER NOT NULL,
-- haat:lite     brand TEXT NOT NULL DEFAULT '',
-- haat:lite     brand_key TEXT NOT NULL DEFAULT '',
-- haat:lite     price_was INTEGER NOT NULL DEFAULT 0,
-- haat:lite     on_sale INTEGER NOT NULL CONSTRAINT listings_on_sale_bool CHECK (on_sale IN (0, 1)) DEFAULT FALSE,
-- haat:lite     image TEXT NOT NULL DEFAULT '',
-- haat:lite     in_stock INTEGER NOT NULL CONSTRAINT listings_in_stock_bool CHECK (in_stock IN (0, 1)) DEFAULT FALSE,
-- haat:lite     sold INTEGER NOT NULL DEFAULT 0,
-- haat:lite     CONSTRAINT listings_public_id_key UNIQUE (public_id),
-- haat:lite     CONSTRAINT listings_product_fkey FOREIGN KEY (product_id) REFERENCES products (id),
-- haat:lite     CONSTRAINT listings_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
-- haat:lite     CONSTRAINT listings_category_fkey FOREIGN KEY (category_id) REFERENCES categories (id)
-- haat:lite ) STRICT

-- haat:lite INSERT INTO listings_0062 SELECT * FROM listings

-- haat:lite DROP TABLE listings

-- haat:lite ALTER TABLE listings_0062 RENAME TO listings

-- haat:lite CREATE INDEX listings_store_all ON listings (store_id)

-- haat:lite CREATE INDEX listings_store_state ON listings (store_id, state)

-- haat:lite CREATE INDEX listings_category_all ON listings (category_id)

-- haat:rowid stock

-- haat:lite CREATE TABLE stock_0062 (
-- haat:lite     variant_id INTEGER NOT NULL CONSTRAINT stock_pkey PRIMARY KEY,
-- haat:lite     available INTEGER NOT NULL,
-- haat:lite     reserved INTEGER NOT NULL,
-- haat:lite     updated_at INTEGER NOT NULL,
-- haat:lite     store_id INTEGER NOT NULL DEFAULT 0,
-- haat:lite     sku TEXT NOT NULL DEFAULT '',
-- haat:lite     low_at INTEGER NOT NULL DEFAULT 5 CONSTRAINT stock_low_at_check CHECK (low_at BETWEEN 0 AND 1000000000),
-- haat:lite     own_low_at INTEGER CONSTRAINT stock_own_low_at_check CHECK (own_low_at BETWEEN 0 AND 1000000000),
-- haat:lite     mark TEXT NOT NULL DEFAULT '' CONSTRAINT stock_mark_check CHECK (mark = '' OR mark = 'fine' OR mark = 'low' OR mark = 'out'),
-- haat:lite     CONSTRAINT stock_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
-- haat:lite     CONSTRAINT stock_available_check CHECK (available BETWEEN 0 AND 1000000000000),
-- haat:lite     CONSTRAINT stock_reserved_check CHECK (reserved BETWEEN 0 AND 1000000000000)
-- haat:lite ) STRICT

-- haat:lite INSERT INTO stock_0062 SELECT * FROM stock

-- haat:lite DROP TABLE stock

-- haat:lite ALTER TABLE stock_0062 RENAME TO stock

-- haat:lite CREATE INDEX stock_store ON stock (store_id, sku) WHERE mark <> ''

-- haat:lite CREATE INDEX stock_store_low ON stock (store_id, sku) WHERE mark IN ('low', 'out')

-- haat:lite CREATE INDEX stock_store_out ON stock (store_id, sku) WHERE mark = 'out'

-- haat:lite CREATE INDEX stock_store_threshold ON stock (store_id, low_at) WHERE mark <> '' AND own_low_at IS NULL

-- haat:rowid search_documents

-- haat:lite CREATE TABLE search_documents_0062 (
-- haat:lite     id INTEGER NOT NULL CONSTRAINT search_documents_pkey PRIMARY KEY,
-- haat:lite     words BLOB NOT NULL
-- haat:lite ) STRICT

-- haat:lite INSERT INTO search_documents_0062 SELECT * FROM search_documents

-- haat:lite DROP TABLE search_documents

-- haat:lite ALTER TABLE search_documents_0062 RENAME TO search_documents

-- haat:rowid listing_tallies

-- haat:lite CREATE TABLE listing_tallies_0062 (
-- haat:lite     product_id INTEGER NOT NULL CONSTRAINT listing_tallies_pkey PRIMARY KEY,
-- haat:lite     tally TEXT NOT NULL
-- haat:lite ) STRICT

-- haat:lite INSERT INTO listing_tallies_0062 SELECT * FROM listing_tallies

-- haat:lite DROP TABLE listing_tallies

-- haat:lite ALTER TABLE listing_tallies_0062 RENAME TO listing_tallies

-- haat:rowid product_details

-- haat:lite CREATE TABLE product_details_0062 (
-- haat:lite     product_id INTEGER NOT NULL CONSTRAINT product_details_pkey PRIMARY KEY,
-- haat:lite     type TEXT NOT NULL,
-- haat:lite     tags TEXT NOT NULL,
-- haat:lite     seo_title TEXT NOT NULL,
-- haat:lite     seo_description TEXT NOT NULL,
-- haat:lite     more TEXT NOT NULL,
-- haat:lite     CONSTRAINT product_details_product_fkey FOREIGN KEY (product_id) REFERENCES products (id)
-- haat:lite ) STRICT

-- haat:lite INSERT INTO product_details_0062 SELECT * FROM product_details

-- haat:lite DROP TABLE product_details

-- haat:lite ALTER TABLE product_details_0062 RENAME TO product_details

-- haat:rowid variant_details

-- haat:lite CREATE TABLE variant_details_0062 (
-- haat:lite     variant_id INTEGER NOT NULL CONSTRAINT variant_details_pkey PRIMARY KEY,
-- haat:lite     compare_at INTEGER NOT NULL,
-- haat:lite     taxable INTEGER NOT NULL CONSTRAINT variant_details_taxable_bool CHECK (taxable IN (0, 1)),
-- haat:lite     shipping INTEGER NOT NULL CONSTRAINT variant_details_shipping_bool CHECK (shipping IN (0, 1)),
-- haat:lite     weight_unit TEXT NOT NULL,
-- haat:lite     more TEXT NOT NULL,
-- haat:lite     CONSTRAINT variant_details_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
-- haat:lite     CONSTRAINT variant_details_compare_at_check CHECK (compare_at BETWEEN 0 AND 10000000000000)
-- haat:lite ) STRICT

-- haat:lite INSERT INTO variant_details_0062 SELECT * FROM variant_details

-- haat:lite DROP TABLE variant_details

-- haat:lite ALTER TABLE variant_details_0062 RENAME TO variant_details
