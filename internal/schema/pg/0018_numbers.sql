-- Written by tools/generate.sh from internal/schema/0018_numbers.sql. Do not edit.

-- On the embedded engine each INSERT into a table with AUTOINCREMENT looks for the table in a list of all such tables, from
-- its beginning, and writes its number back: a sixth of a purchase. It forbids only that the highest number is given out
-- again after its row was deleted. Rows of these tables are never deleted, or it does not matter: nothing remembers the
-- number of a line of a cart, of a key or of an event that is gone. What is in the file stays as it is.
-- haat:lite PRAGMA writable_schema = ON

-- haat:lite UPDATE sqlite_schema SET sql = replace(sql, ' AUTOINCREMENT', '') WHERE type = 'table' AND name IN (
-- haat:lite     'events', 'idempotency_keys', 'ledger_accounts', 'ledger_transfers', 'ledger_holds', 'reservations', 'stock_movements',
-- haat:lite     'payments', 'payment_allocations', 'payment_attempts', 'refunds', 'test_charges', 'test_refunds', 'cart_lines',
-- haat:lite     'checkouts', 'orders', 'order_lines')

-- haat:lite PRAGMA writable_schema = RESET
