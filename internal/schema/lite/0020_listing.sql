-- Written by tools/generate.sh from internal/schema/0020_listing.sql. Do not edit.

ALTER TABLE listings ADD COLUMN in_stock INTEGER NOT NULL CONSTRAINT listings_in_stock_bool CHECK (in_stock IN (0, 1)) DEFAULT FALSE;

ALTER TABLE listings ADD COLUMN sold INTEGER NOT NULL DEFAULT 0;

UPDATE listings
SET in_stock = TRUE
WHERE product_id IN (
    SELECT v.product_id
    FROM variants AS v
    LEFT JOIN stock AS s ON s.variant_id = v.id
    WHERE NOT v.archived AND (NOT v.track_stock OR COALESCE(s.available, 0) > 0)
);

CREATE TABLE listing_places (
    product_id INTEGER NOT NULL,
    place INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    price INTEGER NOT NULL,
    title_key TEXT NOT NULL,
    sold INTEGER NOT NULL,
    discount INTEGER NOT NULL,
    CONSTRAINT listing_places_pkey PRIMARY KEY (product_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX listing_places_newest ON listing_places (place, published_at, product_id);

CREATE INDEX listing_places_price ON listing_places (place, price, product_id);

CREATE INDEX listing_places_title ON listing_places (place, title_key, product_id);

CREATE INDEX listing_places_popular ON listing_places (place, sold, product_id);

CREATE INDEX listing_places_discount ON listing_places (place, discount, product_id) WHERE discount > 0;

CREATE TABLE listing_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    product_id INTEGER NOT NULL
) STRICT;

INSERT INTO listing_changes (product_id)
SELECT product_id
FROM listings;

CREATE TABLE category_moves (
    category_id INTEGER NOT NULL CONSTRAINT category_moves_pkey PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE listing_tallies (
    product_id INTEGER NOT NULL CONSTRAINT listing_tallies_pkey PRIMARY KEY,
    tally TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE facet_counts (
    place INTEGER NOT NULL,
    facet TEXT NOT NULL,
    value TEXT NOT NULL,
    label TEXT NOT NULL,
    n INTEGER NOT NULL,
    CONSTRAINT facet_counts_pkey PRIMARY KEY (place, facet, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX facet_counts_top ON facet_counts (place, facet, n, value);

DROP INDEX listings_newest;

DROP INDEX listings_price;

DROP INDEX listings_title;

DROP INDEX listings_category_newest;

DROP INDEX listings_category_price;

DROP INDEX listings_category_title;

DROP INDEX listings_store_newest;

DROP INDEX listings_store_price;

DROP INDEX listings_store_title;

DROP INDEX listings_store_category_newest;
