-- Written by tools/generate.sh from internal/schema/0015_slim.sql. Do not edit.

-- Fewer and smaller indexes: each costs every purchase. Rows are numbered as they are placed, so that lists of the newest
-- go by the number; what nobody asks for by an index of its own has none.

-- orders: by number.
DROP INDEX orders_newest;
DROP INDEX orders_state;
DROP INDEX orders_payment_status;
DROP INDEX orders_account;
DROP INDEX orders_account_state;
DROP INDEX orders_account_payment;
DROP INDEX orders_store;
DROP INDEX orders_store_state;
DROP INDEX orders_store_payment;
CREATE INDEX orders_in_state ON orders (state, id);
CREATE INDEX orders_in_payment ON orders (payment_status, id);
CREATE INDEX orders_of_account ON orders (account_id, id);
CREATE INDEX orders_of_store ON orders (store_id, id);
CREATE INDEX orders_of_store_in_state ON orders (store_id, state, id);
CREATE INDEX orders_of_store_in_payment ON orders (store_id, payment_status, id);

DROP INDEX checkouts_account;
DROP INDEX order_lines_variant;
DROP INDEX payments_account_state;
DROP INDEX ledger_accounts_book;
DROP INDEX idempotency_keys_created;

-- reservations: their state changes and their owner does not.
DROP INDEX reservations_owner;
DROP INDEX reservations_variant;
CREATE INDEX reservations_of_owner ON reservations (owner);

-- events: where NULLs stand first and each index ends in the row's number, the key of the numbers gives those without one
-- in order.
-- haat:lite DROP INDEX events_unnumbered
