-- Written by tools/generate.sh from internal/schema/0053_delivery_side.sql. Do not edit.

-- Which way a delivery goes: goods from a store to who bought them, or what a dealer bought from a household to the dealer.
ALTER TABLE deliveries ADD COLUMN side TEXT COLLATE "C" NOT NULL DEFAULT 'sale' CONSTRAINT deliveries_side_check CHECK (side IN ('sale', 'buyback'));
-- What is set aside in the dealer's wallet for the household, which is paid at the door; of the side buyback only.
ALTER TABLE deliveries ADD COLUMN pay_most BIGINT NOT NULL DEFAULT 0
    CONSTRAINT deliveries_pay_most_check CHECK (pay_most BETWEEN 0 AND 10000000000000 AND (pay_most = 0 OR side = 'buyback'));
