-- Written by tools/generate.sh from internal/schema/0024_import.sql. Do not edit.

CREATE TABLE product_details (
    product_id INTEGER NOT NULL CONSTRAINT product_details_pkey PRIMARY KEY,
    type TEXT NOT NULL,
    tags TEXT NOT NULL,
    seo_title TEXT NOT NULL,
    seo_description TEXT NOT NULL,
    more TEXT NOT NULL,
    CONSTRAINT product_details_product_fkey FOREIGN KEY (product_id) REFERENCES products (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE variant_details (
    variant_id INTEGER NOT NULL CONSTRAINT variant_details_pkey PRIMARY KEY,
    compare_at INTEGER NOT NULL,
    taxable INTEGER NOT NULL CONSTRAINT variant_details_taxable_bool CHECK (taxable IN (0, 1)),
    shipping INTEGER NOT NULL CONSTRAINT variant_details_shipping_bool CHECK (shipping IN (0, 1)),
    weight_unit TEXT NOT NULL,
    more TEXT NOT NULL,
    CONSTRAINT variant_details_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT variant_details_compare_at_check CHECK (compare_at BETWEEN 0 AND 10000000000000)
) STRICT, WITHOUT ROWID;

ALTER TABLE imports ADD COLUMN dry_run INTEGER NOT NULL CONSTRAINT imports_dry_run_bool CHECK (dry_run IN (0, 1)) DEFAULT FALSE;

ALTER TABLE imports ADD COLUMN cancelled INTEGER NOT NULL CONSTRAINT imports_cancelled_bool CHECK (cancelled IN (0, 1)) DEFAULT FALSE;

ALTER TABLE imports ADD COLUMN rows_read INTEGER NOT NULL DEFAULT 0;

ALTER TABLE imports ADD COLUMN warning_count INTEGER NOT NULL DEFAULT 0;

ALTER TABLE imports ADD COLUMN started_at INTEGER;

ALTER TABLE imports ADD COLUMN images_total INTEGER NOT NULL DEFAULT 0;

ALTER TABLE imports ADD COLUMN images_done INTEGER NOT NULL DEFAULT 0;

ALTER TABLE imports ADD COLUMN images_failed INTEGER NOT NULL DEFAULT 0;

ALTER TABLE import_errors ADD COLUMN severity TEXT NOT NULL DEFAULT 'error';

CREATE TABLE image_fetches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    import_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    line INTEGER NOT NULL,
    handle TEXT NOT NULL,
    url TEXT NOT NULL,
    alt TEXT NOT NULL,
    position INTEGER NOT NULL,
    variants TEXT NOT NULL,
    tries INTEGER NOT NULL,
    CONSTRAINT image_fetches_import_fkey FOREIGN KEY (import_id) REFERENCES imports (id),
    CONSTRAINT image_fetches_product_fkey FOREIGN KEY (product_id) REFERENCES products (id)
) STRICT;

CREATE INDEX image_fetches_import ON image_fetches (import_id, id);

CREATE UNIQUE INDEX image_fetches_url_key ON image_fetches (product_id, url);
