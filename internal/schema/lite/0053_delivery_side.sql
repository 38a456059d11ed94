-- Written by tools/generate.sh from internal/schema/0053_delivery_side.sql. Do not edit.

ALTER TABLE deliveries ADD COLUMN side TEXT NOT NULL DEFAULT 'sale' CONSTRAINT deliveries_side_check CHECK (side IN ('sale', 'buyback'));

ALTER TABLE deliveries ADD COLUMN pay_most INTEGER NOT NULL DEFAULT 0 CONSTRAINT deliveries_pay_most_check CHECK (pay_most BETWEEN 0 AND 10000000000000 AND (pay_most = 0 OR side = 'buyback'));
