-- Refunds that people decide: what was given back of which line, from whom, and whose a refund is.

-- Of money: what was given back for a line besides what was cut, and for how many of its units. fee_back is what of the
-- market's fee the store has again, of a line that it had been paid for.
ALTER TABLE order_lines ADD COLUMN refund_quantity BIGINT NOT NULL DEFAULT 0 CONSTRAINT order_lines_refund_quantity_check CHECK (refund_quantity BETWEEN 0 AND quantity);
ALTER TABLE order_lines ADD COLUMN refund_total BIGINT NOT NULL DEFAULT 0 CONSTRAINT order_lines_refund_total_check CHECK (refund_total >= 0 AND refund_total + cut_total <= total);
ALTER TABLE order_lines ADD COLUMN fee_back BIGINT NOT NULL DEFAULT 0 CONSTRAINT order_lines_fee_back_check CHECK (fee_back BETWEEN 0 AND fee);

-- Clawed is what of the refunds came from the store, after it had been paid; promotion_clawed the same of what the market
-- pays of discounts.
ALTER TABLE orders ADD COLUMN delivery_refunded BIGINT NOT NULL DEFAULT 0 CONSTRAINT orders_delivery_refunded_check CHECK (delivery_refunded BETWEEN 0 AND delivery);
ALTER TABLE orders ADD COLUMN clawed BIGINT NOT NULL DEFAULT 0 CONSTRAINT orders_clawed_check CHECK (clawed BETWEEN 0 AND refunded);
ALTER TABLE orders ADD COLUMN promotion_clawed BIGINT NOT NULL DEFAULT 0 CONSTRAINT orders_promotion_clawed_check CHECK (promotion_clawed BETWEEN 0 AND promotion_back);
ALTER TABLE orders ADD COLUMN fee_back BIGINT NOT NULL DEFAULT 0 CONSTRAINT orders_fee_back_check CHECK (fee_back BETWEEN 0 AND fee);

-- Whose: 0 is nobody's account, and no store's (a top-up, or money that came twice).
ALTER TABLE refunds ADD COLUMN account_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN store_id BIGINT NOT NULL DEFAULT 0;
-- Who settled by hand what no gateway could give.
ALTER TABLE refunds ADD COLUMN settled_by TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE refunds SET account_id = COALESCE((SELECT p.account_id FROM payments p WHERE p.id = refunds.payment_id), 0),
  store_id = COALESCE((SELECT o.store_id FROM orders o WHERE o.public_id = refunds.order_ref), 0);
CREATE INDEX refunds_account ON refunds (account_id, id);
CREATE INDEX refunds_account_state ON refunds (account_id, state, id);
CREATE INDEX refunds_store ON refunds (store_id, id);
CREATE INDEX refunds_store_state ON refunds (store_id, state, id);
CREATE INDEX refunds_order ON refunds (order_ref, id);
