-- Written by tools/generate.sh from internal/schema/0027_shelf.sql. Do not edit.

ALTER TABLE stock ADD COLUMN store_id INTEGER NOT NULL DEFAULT 0;

ALTER TABLE stock ADD COLUMN sku TEXT NOT NULL DEFAULT '';

ALTER TABLE stock ADD COLUMN low_at INTEGER NOT NULL DEFAULT 5 CONSTRAINT stock_low_at_check CHECK (low_at BETWEEN 0 AND 1000000000);

ALTER TABLE stock ADD COLUMN own_low_at INTEGER CONSTRAINT stock_own_low_at_check CHECK (own_low_at BETWEEN 0 AND 1000000000);

ALTER TABLE stock ADD COLUMN mark TEXT NOT NULL DEFAULT '' CONSTRAINT stock_mark_check CHECK (mark IN ('', 'fine', 'low', 'out'));

CREATE TABLE stock_thresholds (
    store_id INTEGER NOT NULL CONSTRAINT stock_thresholds_pkey PRIMARY KEY,
    low_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT stock_thresholds_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT stock_thresholds_low_at_check CHECK (low_at BETWEEN 0 AND 1000000000)
) STRICT, WITHOUT ROWID;

INSERT INTO stock (variant_id, available, reserved, updated_at)
SELECT v.id, 0, 0, v.created_at
FROM variants AS v
WHERE NOT EXISTS (
    SELECT 1
    FROM stock AS s
    WHERE s.variant_id = v.id
);

UPDATE stock
SET store_id = (
    SELECT v.store_id
    FROM variants AS v
    WHERE v.id = stock.variant_id
), sku = COALESCE((
    SELECT v.sku
    FROM variants AS v
    WHERE v.id = stock.variant_id
), '');

UPDATE stock
SET mark = CASE WHEN available = 0 THEN 'out' WHEN available <= 5 THEN 'low' ELSE 'fine' END
WHERE variant_id IN (
    SELECT v.id
    FROM variants AS v
    JOIN products AS p ON p.id = v.product_id
    WHERE v.track_stock AND NOT v.archived AND p.state <> 'archived'
);

CREATE INDEX stock_store ON stock (store_id, sku, variant_id) WHERE mark <> '';

CREATE INDEX stock_store_low ON stock (store_id, sku, variant_id) WHERE mark IN ('low', 'out');

CREATE INDEX stock_store_out ON stock (store_id, sku, variant_id) WHERE mark = 'out';

CREATE INDEX stock_store_threshold ON stock (store_id, low_at) WHERE mark <> '' AND own_low_at IS NULL;
