-- Written by tools/generate.sh from internal/schema/0058_statement_debts.sql. Do not edit.

ALTER TABLE statements ADD COLUMN booked_at INTEGER;

CREATE INDEX statements_unbooked ON statements (id) WHERE state = 'issued' AND owed_by = 'store' AND booked_at IS NULL;
