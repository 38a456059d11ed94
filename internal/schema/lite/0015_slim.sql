-- Written by tools/generate.sh from internal/schema/0015_slim.sql. Do not edit.

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

DROP INDEX reservations_owner;

DROP INDEX reservations_variant;

CREATE INDEX reservations_of_owner ON reservations (owner);

DROP INDEX events_unnumbered;
