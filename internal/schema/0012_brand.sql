-- What a product is made by, and what a list shows of a price that was lowered: the price before the best discount,
-- 0 without one. From here on the prices of a listing are those of now.

ALTER TABLE products ADD COLUMN brand TEXT NOT NULL DEFAULT '';
-- The brand as it is compared: without case, compatible spellings alike; computed by the program.
ALTER TABLE products ADD COLUMN brand_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE listings ADD COLUMN brand TEXT NOT NULL DEFAULT '';
ALTER TABLE listings ADD COLUMN brand_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE listings ADD COLUMN price_was BIGINT NOT NULL DEFAULT 0;
ALTER TABLE listings ADD COLUMN on_sale BOOLEAN NOT NULL DEFAULT FALSE;
