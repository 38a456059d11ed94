-- Categories.

-- name: Categories :many
SELECT id, public_id, slug, name, parent_id, position, created_at, updated_at FROM categories ORDER BY position, id;

-- name: CategoryByPublicID :one
SELECT id, public_id, slug, name, parent_id, position, created_at, updated_at FROM categories WHERE public_id = $1;

-- name: CategoriesByID :many
SELECT id, public_id, slug, name FROM categories WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: InsertCategory :one
INSERT INTO categories (public_id, slug, name, parent_id, position, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id;

-- name: UpdateCategory :exec
UPDATE categories SET slug = sqlc.arg(slug), name = sqlc.arg(name), parent_id = sqlc.narg(parent_id), position = sqlc.arg(position), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id);

-- name: CategoryUse :one
SELECT EXISTS (SELECT 1 FROM categories AS c WHERE c.parent_id = sqlc.arg(id)::bigint) AS has_children,
    EXISTS (SELECT 1 FROM products AS p WHERE p.category_id = sqlc.arg(id)::bigint) AS has_products;

-- name: DeleteCategory :execrows
DELETE FROM categories WHERE id = $1;

-- Products.

-- name: ProductByPublicID :one
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at
FROM products WHERE public_id = $1;

-- name: ProductByID :one
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at
FROM products WHERE id = $1;

-- name: ProductsByHandle :many
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at
FROM products WHERE store_id = sqlc.arg(store_id) AND handle = ANY(sqlc.arg(handles)::text[]);

-- name: InsertProducts :batchone
INSERT INTO products (public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id;

-- name: UpdateProduct :execrows
UPDATE products SET handle = sqlc.arg(handle), category_id = sqlc.narg(category_id), title = sqlc.arg(title), description = sqlc.arg(description), vendor = sqlc.arg(vendor),
    option1 = sqlc.arg(option1), option2 = sqlc.arg(option2), option3 = sqlc.arg(option3), state = sqlc.arg(state),
    published_at = sqlc.narg(published_at), updated_at = sqlc.arg(updated_at), version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(version);

-- Variants.

-- name: VariantByPublicID :one
SELECT id, public_id, product_id, store_id, position, option1, option2, option3, sku, barcode, price, currency, weight, track_stock, archived, import_stock, version, created_at, updated_at
FROM variants WHERE public_id = $1;

-- name: VariantsOfProducts :many
SELECT id, public_id, product_id, store_id, position, option1, option2, option3, sku, barcode, price, currency, weight, track_stock, archived, import_stock, version, created_at, updated_at
FROM variants WHERE product_id = ANY(sqlc.arg(products)::bigint[]) AND NOT archived ORDER BY product_id, position, id;

-- name: VariantPublicIDs :many
SELECT id, public_id FROM variants WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: InsertVariants :batchone
INSERT INTO variants (public_id, product_id, store_id, position, option1, option2, option3, sku, barcode, price, currency, weight, track_stock, archived, import_stock, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, FALSE, $14, 1, $15, $15) RETURNING id;

-- name: UpdateVariants :batchexec
-- The caller read the row in the same transaction.
UPDATE variants SET position = sqlc.arg(position), option1 = sqlc.arg(option1), option2 = sqlc.arg(option2), option3 = sqlc.arg(option3), sku = sqlc.narg(sku), barcode = sqlc.arg(barcode),
    price = sqlc.arg(price), currency = sqlc.arg(currency), weight = sqlc.arg(weight), track_stock = sqlc.arg(track_stock), archived = sqlc.arg(archived),
    import_stock = sqlc.narg(import_stock), updated_at = sqlc.arg(updated_at), version = version + 1
WHERE id = sqlc.arg(id);

-- name: SkusTaken :many
SELECT id, product_id, sku FROM variants WHERE store_id = sqlc.arg(store_id) AND sku = ANY(sqlc.arg(skus)::text[]) AND sku IS NOT NULL AND NOT archived;

-- name: SellablesByPublicID :many
SELECT v.id, v.public_id, v.product_id, v.store_id, v.option1, v.option2, v.option3, v.sku, v.barcode, v.price, v.currency, v.weight, v.track_stock, v.archived,
    p.public_id AS product, p.title, p.state, p.option1 AS name1, p.option2 AS name2, p.option3 AS name3
FROM variants AS v JOIN products AS p ON p.id = v.product_id WHERE v.public_id = ANY(sqlc.arg(ids)::text[]);

-- name: SellablesByID :many
SELECT v.id, v.public_id, v.product_id, v.store_id, v.option1, v.option2, v.option3, v.sku, v.barcode, v.price, v.currency, v.weight, v.track_stock, v.archived,
    p.public_id AS product, p.title, p.state, p.option1 AS name1, p.option2 AS name2, p.option3 AS name3
FROM variants AS v JOIN products AS p ON p.id = v.product_id WHERE v.id = ANY(sqlc.arg(ids)::bigint[]);

-- Prices.

-- name: InsertPriceChanges :batchexec
INSERT INTO price_changes (product_id, variant_id, old_price, new_price, currency, actor, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- Listings.

-- name: PutListings :batchexec
INSERT INTO listings (product_id, public_id, store_id, store, store_name, category_id, title, title_key, state, visible, variant_count, price_from, price_to, currency, published_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (product_id) DO UPDATE SET store_name = excluded.store_name, category_id = excluded.category_id, title = excluded.title, title_key = excluded.title_key,
    state = excluded.state, visible = excluded.visible, variant_count = excluded.variant_count, price_from = excluded.price_from, price_to = excluded.price_to,
    currency = excluded.currency, published_at = excluded.published_at, updated_at = excluded.updated_at;

-- name: StoreListings :many
SELECT product_id FROM listings WHERE store_id = sqlc.arg(store_id) AND product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- name: RelistProducts :exec
UPDATE listings SET store_name = sqlc.arg(store_name), visible = (state = 'published' AND variant_count > 0 AND sqlc.arg(open)::boolean)
WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- Imports.

-- name: InsertImport :one
INSERT INTO imports (public_id, store_id, account_id, actor, state, size, sha256, currency, done, bytes_read, created, updated, unchanged, error_count, failure, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'receiving', $5, $6, $7, 0, 0, 0, 0, 0, 0, '', $8, $8) RETURNING id;

-- name: InsertImportParts :batchexec
INSERT INTO import_files (import_id, part, data) VALUES ($1, $2, $3);

-- name: QueueImport :execrows
UPDATE imports SET state = 'queued', updated_at = $1 WHERE id = $2 AND state = 'receiving';

-- name: ImportByPublicID :one
SELECT id, public_id, store_id, account_id, actor, state, size, sha256, currency, done, bytes_read, created, updated, unchanged, error_count, failure, created_at, updated_at, finished_at
FROM imports WHERE public_id = $1;

-- name: OpenImports :many
SELECT id, public_id, store_id, account_id, actor, state, size, sha256, currency, done, bytes_read, created, updated, unchanged, error_count, failure, created_at, updated_at, finished_at
FROM imports WHERE store_id = $1 AND state IN ('queued', 'running') ORDER BY id LIMIT $2;

-- name: ImportPart :one
SELECT data FROM import_files WHERE import_id = $1 AND part = $2;

-- name: AdvanceImport :execrows
UPDATE imports SET state = 'running', done = sqlc.arg(done), bytes_read = sqlc.arg(bytes_read), created = created + sqlc.arg(created)::bigint, updated = updated + sqlc.arg(updated)::bigint,
    unchanged = unchanged + sqlc.arg(unchanged)::bigint, error_count = error_count + sqlc.arg(errors)::bigint, updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND done = sqlc.arg(done_before) AND state IN ('queued', 'running');

-- name: EndImport :execrows
UPDATE imports SET state = sqlc.arg(state), failure = sqlc.arg(failure), updated_at = sqlc.arg(now)::bigint, finished_at = sqlc.arg(now)::bigint
WHERE id = sqlc.arg(id) AND state IN ('queued', 'running');

-- name: InsertImportErrors :batchexec
INSERT INTO import_errors (import_id, line, handle, field, code, message) VALUES ($1, $2, $3, $4, $5, $6);

-- name: ImportErrors :many
SELECT line, handle, field, code, message FROM import_errors WHERE import_id = $1 ORDER BY id LIMIT $2;

-- name: StaleImports :many
SELECT id FROM imports WHERE state = 'receiving' AND created_at < $1 ORDER BY created_at, id LIMIT $2;

-- name: ImportParts :many
SELECT id FROM import_files WHERE import_id = $1 ORDER BY part DESC LIMIT $2;

-- name: DeleteImportParts :execrows
DELETE FROM import_files WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: DeleteImport :execrows
DELETE FROM imports WHERE id = $1 AND state = 'receiving';

-- name: FinishedWithParts :many
SELECT f.import_id FROM import_files AS f
WHERE f.part = 0 AND EXISTS (SELECT 1 FROM imports AS i WHERE i.id = f.import_id AND i.state IN ('finished', 'failed')) ORDER BY f.import_id LIMIT $1;

-- What must always hold.

-- name: ProductsWithoutListing :many
SELECT p.public_id FROM products AS p WHERE NOT EXISTS (SELECT 1 FROM listings AS l WHERE l.product_id = p.id) ORDER BY p.public_id LIMIT $1;

-- name: BrokenListings :many
SELECT l.public_id FROM listings AS l JOIN products AS p ON p.id = l.product_id
WHERE l.state <> p.state OR l.title <> p.title OR l.store_id <> p.store_id OR l.public_id <> p.public_id OR COALESCE(l.category_id, 0) <> COALESCE(p.category_id, 0)
    OR l.published_at <> COALESCE(p.published_at, 0)
ORDER BY l.public_id LIMIT $1;

-- name: BrokenSpans :many
SELECT l.public_id FROM listings AS l LEFT JOIN (SELECT v.product_id, v.currency, COUNT(*) AS n, MIN(v.price) AS lowest, MAX(v.price) AS highest FROM variants AS v WHERE NOT v.archived GROUP BY v.product_id, v.currency) AS s
    ON s.product_id = l.product_id AND s.currency = l.currency
WHERE l.variant_count <> COALESCE(s.n, 0) OR l.price_from <> COALESCE(s.lowest, 0) OR l.price_to <> COALESCE(s.highest, 0)
ORDER BY l.public_id LIMIT $1;

-- name: ListingStores :many
SELECT l.store_id, l.visible, COUNT(*) AS listings, MIN(l.public_id)::text AS example FROM listings AS l
WHERE l.visible OR l.state = 'published' AND l.variant_count > 0 GROUP BY l.store_id, l.visible ORDER BY l.store_id, l.visible;

-- name: VisibleDrafts :many
SELECT l.public_id FROM listings AS l WHERE l.visible AND (l.state <> 'published' OR l.variant_count = 0) ORDER BY l.public_id LIMIT $1;

-- name: BrokenPrices :many
SELECT v.public_id FROM variants AS v
WHERE NOT EXISTS (SELECT 1 FROM price_changes AS c WHERE c.id = (SELECT MAX(x.id) FROM price_changes AS x WHERE x.variant_id = v.id) AND c.new_price = v.price AND c.currency = v.currency)
ORDER BY v.public_id LIMIT $1;

-- name: PublishedWithoutVariants :many
SELECT p.public_id FROM products AS p WHERE p.state = 'published' AND NOT EXISTS (SELECT 1 FROM variants AS v WHERE v.product_id = p.id AND NOT v.archived) ORDER BY p.public_id LIMIT $1;
