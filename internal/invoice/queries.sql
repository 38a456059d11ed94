-- name: NextSerial :one
INSERT INTO invoice_series (store_id, year, kind, last) VALUES (sqlc.arg(store_id), sqlc.arg(year), sqlc.arg(kind), 1)
ON CONFLICT (store_id, year, kind) DO UPDATE SET last = invoice_series.last + 1
RETURNING last;

-- name: InsertInvoice :one
INSERT INTO invoices (public_id, kind, store_id, year, serial, number, order_ref, invoice_id, currency, net, tax, total, given_before, content, issued_at)
VALUES (sqlc.arg(public_id), sqlc.arg(kind), sqlc.arg(store_id), sqlc.arg(year), sqlc.arg(serial), sqlc.arg(number), sqlc.arg(order_ref), sqlc.narg(invoice_id),
  sqlc.arg(currency), sqlc.arg(net), sqlc.arg(tax), sqlc.arg(total), sqlc.arg(given_before), sqlc.arg(content), sqlc.arg(issued_at))
RETURNING id;

-- name: InsertBuyer :exec
INSERT INTO invoice_buyers (invoice_id, account_id) VALUES (sqlc.arg(invoice_id), sqlc.arg(account_id)) ON CONFLICT DO NOTHING;

-- name: GetInvoice :one
SELECT * FROM invoices WHERE public_id = $1;

-- name: InvoiceOfOrder :one
SELECT * FROM invoices WHERE order_ref = $1 AND kind = 'invoice';

-- name: InvoicesOfOrders :many
SELECT * FROM invoices WHERE order_ref = ANY(sqlc.arg(orders)::text[]) AND kind = 'invoice' ORDER BY id;

-- name: InvoicesByID :many
SELECT * FROM invoices WHERE id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY id;

-- name: CreditNotesOf :many
SELECT * FROM invoices WHERE invoice_id = $1 ORDER BY id LIMIT 1000;

-- name: DocumentsOfOrder :many
SELECT id FROM invoices WHERE order_ref = $1 ORDER BY id LIMIT 1000;

-- name: BuyerOf :one
SELECT account_id FROM invoice_buyers WHERE invoice_id = $1;

-- name: VerifySeries :many
SELECT s.id, s.store_id, s.year, s.kind, s.last, COUNT(i.id) AS documents, COALESCE(MIN(i.serial), 0)::bigint AS first_serial, COALESCE(MAX(i.serial), 0)::bigint AS last_serial
FROM invoice_series AS s LEFT JOIN invoices AS i ON i.store_id = s.store_id AND i.year = s.year AND i.kind = s.kind
WHERE s.id > sqlc.arg(after) GROUP BY s.id, s.store_id, s.year, s.kind, s.last ORDER BY s.id LIMIT 500;

-- name: CountUncounted :one
SELECT COUNT(*) FROM invoices AS i WHERE NOT EXISTS (SELECT 1 FROM invoice_series AS s WHERE s.store_id = i.store_id AND s.year = i.year AND s.kind = i.kind);

-- name: VerifyInvoices :many
SELECT i.id, i.public_id, i.kind, i.number, i.order_ref, i.net, i.tax, i.total, i.content,
  (SELECT COALESCE(SUM(c.total), 0)::bigint FROM invoices AS c WHERE c.invoice_id = i.id)::bigint AS credited
FROM invoices AS i WHERE i.id > sqlc.arg(after) ORDER BY i.id LIMIT 500;

-- name: NextSelfSerial :one
INSERT INTO self_invoice_series (store_id, year, last) VALUES (sqlc.arg(store_id), sqlc.arg(year), 1)
ON CONFLICT (store_id, year) DO UPDATE SET last = self_invoice_series.last + 1
RETURNING last;

-- name: InsertSelfInvoice :exec
INSERT INTO self_invoices (public_id, store_id, account_id, year, serial, number, order_ref, currency, net, tax, total, content, issued_at)
VALUES (sqlc.arg(public_id), sqlc.arg(store_id), sqlc.arg(account_id), sqlc.arg(year), sqlc.arg(serial), sqlc.arg(number), sqlc.arg(order_ref), sqlc.arg(currency), sqlc.arg(net),
  sqlc.arg(tax), sqlc.arg(total), sqlc.arg(content), sqlc.arg(issued_at));

-- name: SelfInvoice :one
SELECT * FROM self_invoices WHERE public_id = $1;

-- name: SelfInvoiceOfOrder :one
SELECT * FROM self_invoices WHERE order_ref = $1;

-- name: VerifySelfInvoices :many
SELECT * FROM self_invoices WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT 500;

-- name: VerifySelfSeries :many
SELECT s.store_id, s.year, s.last, COUNT(i.id) AS documents, COALESCE(MAX(i.serial), 0)::bigint AS last_serial
FROM self_invoice_series AS s LEFT JOIN self_invoices AS i ON i.store_id = s.store_id AND i.year = s.year
WHERE s.store_id > sqlc.arg(after)::bigint AND s.store_id <= sqlc.arg(after)::bigint + 1000 GROUP BY s.store_id, s.year, s.last ORDER BY s.store_id, s.year;

-- name: LastSelfSeries :one
SELECT COALESCE(MAX(store_id), 0)::bigint FROM self_invoice_series;
