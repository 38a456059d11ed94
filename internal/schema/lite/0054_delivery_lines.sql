-- Written by tools/generate.sh from internal/schema/0054_delivery_lines.sql. Do not edit.

ALTER TABLE order_lines ADD COLUMN carried INTEGER NOT NULL DEFAULT 0 CONSTRAINT order_lines_carried_check CHECK (carried BETWEEN 0 AND quantity - cut_quantity);

CREATE TABLE delivery_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL,
    line TEXT NOT NULL,
    title TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    CONSTRAINT delivery_lines_line_key UNIQUE (delivery_id, line),
    CONSTRAINT delivery_lines_delivery_fkey FOREIGN KEY (delivery_id) REFERENCES deliveries (id),
    CONSTRAINT delivery_lines_quantity_check CHECK (quantity BETWEEN 0 AND 1000000000)
) STRICT;

DROP INDEX deliveries_order_open_key;
