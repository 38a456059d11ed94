-- Written by tools/generate.sh from internal/schema/0012_brand.sql. Do not edit.

ALTER TABLE products ADD COLUMN brand TEXT NOT NULL DEFAULT '';

ALTER TABLE products ADD COLUMN brand_key TEXT NOT NULL DEFAULT '';

ALTER TABLE listings ADD COLUMN brand TEXT NOT NULL DEFAULT '';

ALTER TABLE listings ADD COLUMN brand_key TEXT NOT NULL DEFAULT '';

ALTER TABLE listings ADD COLUMN price_was INTEGER NOT NULL DEFAULT 0;

ALTER TABLE listings ADD COLUMN on_sale INTEGER NOT NULL CONSTRAINT listings_on_sale_bool CHECK (on_sale IN (0, 1)) DEFAULT FALSE;
