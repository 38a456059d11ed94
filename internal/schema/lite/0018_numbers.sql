-- Written by tools/generate.sh from internal/schema/0018_numbers.sql. Do not edit.

PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, ' AUTOINCREMENT', '') WHERE type = 'table' AND name IN (
    'events', 'idempotency_keys', 'ledger_accounts', 'ledger_transfers', 'ledger_holds', 'reservations', 'stock_movements',
    'payments', 'payment_allocations', 'payment_attempts', 'refunds', 'test_charges', 'test_refunds', 'cart_lines',
    'checkouts', 'orders', 'order_lines');

PRAGMA writable_schema = RESET;
