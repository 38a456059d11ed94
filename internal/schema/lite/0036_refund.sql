-- Written by tools/generate.sh from internal/schema/0036_refund.sql. Do not edit.

ALTER TABLE order_lines ADD COLUMN refund_quantity INTEGER NOT NULL DEFAULT 0 CONSTRAINT order_lines_refund_quantity_check CHECK (refund_quantity BETWEEN 0 AND quantity);

ALTER TABLE order_lines ADD COLUMN refund_total INTEGER NOT NULL DEFAULT 0 CONSTRAINT order_lines_refund_total_check CHECK (refund_total >= 0 AND refund_total + cut_total <= total);

ALTER TABLE order_lines ADD COLUMN fee_back INTEGER NOT NULL DEFAULT 0 CONSTRAINT order_lines_fee_back_check CHECK (fee_back BETWEEN 0 AND fee);

ALTER TABLE orders ADD COLUMN delivery_refunded INTEGER NOT NULL DEFAULT 0 CONSTRAINT orders_delivery_refunded_check CHECK (delivery_refunded BETWEEN 0 AND delivery);

ALTER TABLE orders ADD COLUMN clawed INTEGER NOT NULL DEFAULT 0 CONSTRAINT orders_clawed_check CHECK (clawed BETWEEN 0 AND refunded);

ALTER TABLE orders ADD COLUMN promotion_clawed INTEGER NOT NULL DEFAULT 0 CONSTRAINT orders_promotion_clawed_check CHECK (promotion_clawed BETWEEN 0 AND promotion_back);

ALTER TABLE orders ADD COLUMN fee_back INTEGER NOT NULL DEFAULT 0 CONSTRAINT orders_fee_back_check CHECK (fee_back BETWEEN 0 AND fee);

ALTER TABLE refunds ADD COLUMN account_id INTEGER NOT NULL DEFAULT 0;

ALTER TABLE refunds ADD COLUMN store_id INTEGER NOT NULL DEFAULT 0;

ALTER TABLE refunds ADD COLUMN settled_by TEXT NOT NULL DEFAULT '';

UPDATE refunds
SET account_id = COALESCE((
    SELECT p.account_id
    FROM payments AS p
    WHERE p.id = refunds.payment_id
), 0), store_id = COALESCE((
    SELECT o.store_id
    FROM orders AS o
    WHERE o.public_id = refunds.order_ref
), 0);

CREATE INDEX refunds_account ON refunds (account_id, id);

CREATE INDEX refunds_account_state ON refunds (account_id, state, id);

CREATE INDEX refunds_store ON refunds (store_id, id);

CREATE INDEX refunds_store_state ON refunds (store_id, state, id);

CREATE INDEX refunds_order ON refunds (order_ref, id);
