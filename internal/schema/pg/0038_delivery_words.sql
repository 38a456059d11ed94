-- Written by tools/generate.sh from internal/schema/0038_delivery_words.sql. Do not edit.

-- What a delivery is found by, in small letters.
ALTER TABLE deliveries ADD COLUMN words TEXT NOT NULL DEFAULT '';
