-- Written by tools/generate.sh from internal/schema/0029_holding.sql. Do not edit.

-- What an account holds back from others without having paid: few rows at any time, found without its other orders.
CREATE INDEX orders_holding ON orders (account_id) WHERE state = 'awaiting_payment' OR state = 'pending';
