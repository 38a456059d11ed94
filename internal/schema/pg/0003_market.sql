-- Written by tools/generate.sh from internal/schema/0003_market.sql. Do not edit.

-- market: its settings are in the table settings, which the ground floor made, one row for each that differs from its
-- default, and the row 'version', which every change moves.
