-- Written by tools/generate.sh from internal/schema/0058_statement_debts.sql. Do not edit.

-- When what a store owes by a statement was booked as its debt: when it is issued. NULL before that, and of those that were
-- issued before there was this column; a sweep books them.
ALTER TABLE statements ADD COLUMN booked_at BIGINT;
CREATE INDEX statements_unbooked ON statements (id) WHERE state = 'issued' AND owed_by = 'store' AND booked_at IS NULL;
