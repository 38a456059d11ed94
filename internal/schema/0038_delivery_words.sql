-- What a delivery is found by, in small letters.
ALTER TABLE deliveries ADD COLUMN words TEXT NOT NULL DEFAULT '';
