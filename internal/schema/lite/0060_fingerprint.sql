-- Written by tools/generate.sh from internal/schema/0060_fingerprint.sql. Do not edit.

ALTER TABLE payment_attempts ADD COLUMN fingerprint TEXT NOT NULL DEFAULT '';
