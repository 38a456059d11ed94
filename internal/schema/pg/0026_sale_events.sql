-- Written by tools/generate.sh from internal/schema/0026_sale_events.sql. Do not edit.

-- The market's sale events are listed by their beginning. The indexes of a store's discounts leave them out, so that neither
-- engine reads one for the other.

DROP INDEX discounts_events;
DROP INDEX discounts_events_state;
DROP INDEX discounts_store;
DROP INDEX discounts_store_state;
CREATE INDEX discounts_events ON discounts (starts_at, id) WHERE store_id IS NULL;
CREATE INDEX discounts_events_state ON discounts (state, starts_at, id) WHERE store_id IS NULL;
CREATE INDEX discounts_store ON discounts (store_id, id) WHERE store_id IS NOT NULL;
CREATE INDEX discounts_store_state ON discounts (store_id, state, id) WHERE store_id IS NOT NULL;
