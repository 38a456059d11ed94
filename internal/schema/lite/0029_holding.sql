-- Written by tools/generate.sh from internal/schema/0029_holding.sql. Do not edit.

CREATE INDEX orders_holding ON orders (account_id) WHERE state = 'awaiting_payment' OR state = 'pending';
