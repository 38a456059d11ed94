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
    EXISTS (SELECT 1 FROM products AS p WHERE p.category_id = sqlc.arg(id)::bigint) AS has_products,
    EXISTS (SELECT 1 FROM materials AS m WHERE m.category_id = sqlc.arg(id)::bigint) AS has_materials;

-- name: DeleteCategory :execrows
DELETE FROM categories WHERE id = $1;

-- Products.

-- name: ProductByPublicID :one
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at, brand, brand_key, tax_bp, tax_code, review, review_note
FROM products WHERE public_id = $1;

-- name: ProductByID :one
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at, brand, brand_key, tax_bp, tax_code, review, review_note
FROM products WHERE id = $1;

-- name: ProductsByHandle :many
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at, brand, brand_key, tax_bp, tax_code, review, review_note
FROM products WHERE store_id = sqlc.arg(store_id) AND handle = ANY(sqlc.arg(handles)::text[]);

-- name: ProductsByPublicIDs :many
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at, brand, brand_key, tax_bp, tax_code, review, review_note
FROM products WHERE store_id = sqlc.arg(store_id) AND public_id = ANY(sqlc.arg(ids)::text[]);

-- name: InsertProducts :batchone
INSERT INTO products (public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at, brand, brand_key, tax_bp, tax_code, review, review_note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, '') RETURNING id;

-- name: UpdateProducts :batchone
UPDATE products SET handle = sqlc.arg(handle), category_id = sqlc.narg(category_id), title = sqlc.arg(title), description = sqlc.arg(description), vendor = sqlc.arg(vendor),
    option1 = sqlc.arg(option1), option2 = sqlc.arg(option2), option3 = sqlc.arg(option3), state = sqlc.arg(state),
    published_at = sqlc.narg(published_at), brand = sqlc.arg(brand), brand_key = sqlc.arg(brand_key), tax_bp = sqlc.narg(tax_bp), tax_code = sqlc.arg(tax_code),
    review = sqlc.arg(review), review_note = sqlc.arg(review_note), updated_at = sqlc.arg(updated_at), version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(version)
RETURNING id;

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
    p.public_id AS product, p.title, p.state, p.category_id, p.tax_bp, p.tax_code, p.option1 AS name1, p.option2 AS name2, p.option3 AS name3, l.image AS cover, i.image AS own_image
FROM variants AS v JOIN products AS p ON p.id = v.product_id JOIN listings AS l ON l.product_id = v.product_id
    LEFT JOIN variant_images AS vi ON vi.variant_id = v.id LEFT JOIN product_images AS i ON i.id = vi.image_id WHERE v.public_id = ANY(sqlc.arg(ids)::text[]);

-- name: SellablesByID :many
SELECT v.id, v.public_id, v.product_id, v.store_id, v.option1, v.option2, v.option3, v.sku, v.barcode, v.price, v.currency, v.weight, v.track_stock, v.archived,
    p.public_id AS product, p.title, p.state, p.category_id, p.tax_bp, p.tax_code, p.option1 AS name1, p.option2 AS name2, p.option3 AS name3, l.image AS cover, i.image AS own_image
FROM variants AS v JOIN products AS p ON p.id = v.product_id JOIN listings AS l ON l.product_id = v.product_id
    LEFT JOIN variant_images AS vi ON vi.variant_id = v.id LEFT JOIN product_images AS i ON i.id = vi.image_id WHERE v.id = ANY(sqlc.arg(ids)::bigint[]);

-- Prices.

-- name: InsertPriceChanges :batchexec
INSERT INTO price_changes (product_id, variant_id, old_price, new_price, currency, actor, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- Listings.

-- name: PutListings :batchexec
INSERT INTO listings (product_id, public_id, store_id, store, store_name, category_id, title, title_key, state, visible, variant_count, price_from, price_to, currency, published_at, created_at, updated_at, brand, brand_key, price_was, on_sale)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
ON CONFLICT (product_id) DO UPDATE SET store_name = excluded.store_name, category_id = excluded.category_id, title = excluded.title, title_key = excluded.title_key,
    state = excluded.state, visible = excluded.visible, variant_count = excluded.variant_count, price_from = excluded.price_from, price_to = excluded.price_to,
    currency = excluded.currency, published_at = excluded.published_at, updated_at = excluded.updated_at,
    brand = excluded.brand, brand_key = excluded.brand_key, price_was = excluded.price_was, on_sale = excluded.on_sale;

-- name: StoreListings :many
SELECT product_id FROM listings WHERE store_id = sqlc.arg(store_id) AND product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- name: RelistProducts :exec
UPDATE listings SET store_name = sqlc.arg(store_name), visible = (state = 'published' AND variant_count > 0 AND sqlc.arg(open)::boolean)
WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- Where products are listed.

-- name: LockListings :many
SELECT product_id, in_stock FROM listings WHERE product_id = ANY(sqlc.arg(products)::bigint[]) ORDER BY product_id FOR UPDATE;

-- name: ListingsToPlace :many
SELECT product_id, store, category_id, brand_key, visible, in_stock, published_at, price_from, price_was, title_key, sold FROM listings
WHERE product_id = ANY(sqlc.arg(products)::bigint[]) ORDER BY product_id;

-- name: LiveVariants :many
SELECT id, product_id, track_stock FROM variants WHERE product_id = ANY(sqlc.arg(products)::bigint[]) AND NOT archived ORDER BY id;

-- name: ProductsOfVariants :many
SELECT DISTINCT product_id FROM variants WHERE id = ANY(sqlc.arg(variants)::bigint[]) ORDER BY product_id;

-- name: SetInStock :batchexec
UPDATE listings SET in_stock = sqlc.arg(in_stock) WHERE product_id = sqlc.arg(product_id);

-- name: AddSold :batchone
UPDATE listings SET sold = CASE WHEN sold + sqlc.arg(n)::bigint < 0 THEN 0 ELSE sold + sqlc.arg(n)::bigint END WHERE public_id = sqlc.arg(public_id) RETURNING product_id;

-- name: CategoriesAbove :many
-- Each category with itself and all above it.
WITH RECURSIVE up(id, above) AS (
    SELECT c.id, c.id FROM categories AS c WHERE c.id = ANY(sqlc.arg(ids)::bigint[])
    UNION SELECT up.id, p.parent_id FROM up JOIN categories AS p ON p.id = up.above WHERE p.parent_id IS NOT NULL
)
SELECT up.id, up.above FROM up;

-- name: PlacesOf :many
SELECT product_id, place, published_at, price, title_key, sold, discount FROM listing_places WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- name: PutPlaces :batchexec
INSERT INTO listing_places (product_id, place, published_at, price, title_key, sold, discount) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (product_id, place) DO UPDATE SET published_at = excluded.published_at, price = excluded.price, title_key = excluded.title_key,
    sold = excluded.sold, discount = excluded.discount;

-- name: DropPlaces :batchexec
DELETE FROM listing_places WHERE product_id = $1 AND place = $2;

-- name: ProductsInPlace :many
SELECT product_id, published_at FROM listing_places WHERE place = sqlc.arg(place) AND (published_at, product_id) > (sqlc.arg(after_at)::bigint, sqlc.arg(after)::bigint)
ORDER BY published_at, product_id LIMIT sqlc.arg(max_rows);

-- name: BeginMove :exec
INSERT INTO category_moves (category_id) VALUES ($1) ON CONFLICT (category_id) DO NOTHING;

-- name: EndMove :exec
DELETE FROM category_moves WHERE category_id = $1;

-- name: Moves :many
SELECT category_id FROM category_moves ORDER BY category_id;

-- name: InsertChanges :batchexec
INSERT INTO listing_changes (product_id) VALUES ($1);

-- name: Changes :many
SELECT id, product_id FROM listing_changes ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: AskRebuild :exec
INSERT INTO search_rebuilds (id, emptied, after_product, created_at) VALUES (1, FALSE, 0, sqlc.arg(now))
ON CONFLICT (id) DO UPDATE SET emptied = FALSE, after_product = 0, created_at = excluded.created_at;

-- name: Rebuild :one
SELECT emptied, after_product FROM search_rebuilds WHERE id = 1;

-- name: MoveRebuild :exec
UPDATE search_rebuilds SET emptied = TRUE, after_product = sqlc.arg(after_product) WHERE id = 1;

-- name: EndRebuild :exec
DELETE FROM search_rebuilds WHERE id = 1;

-- name: ListingKeysAfter :many
SELECT product_id FROM listings WHERE product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- name: DeleteChanges :exec
DELETE FROM listing_changes WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- Discounts.

-- name: OpenOffers :many
-- All that may lower a price of the things named, at a time.
SELECT t.target, t.store_id AS only_store, d.id, d.public_id, d.title, d.kind, d.value, d.currency, d.paid_by, d.ends_at
FROM discount_targets AS t JOIN discounts AS d ON d.id = t.discount_id
WHERE t.target = ANY(sqlc.arg(targets)::text[]) AND t.open AND d.starts_at <= sqlc.arg(now)::bigint AND d.ends_at > sqlc.arg(now)::bigint ORDER BY d.id;

-- name: PastOffers :many
-- All that ever lowered a price of the things named, the newest first.
SELECT DISTINCT t.store_id AS only_store, d.id, d.public_id, d.title, d.kind, d.value, d.currency, d.paid_by, d.state, d.starts_at, d.ends_at
FROM discount_targets AS t JOIN discounts AS d ON d.id = t.discount_id
WHERE t.target = ANY(sqlc.arg(targets)::text[]) AND d.ends_at > d.starts_at AND d.starts_at <= sqlc.arg(now)::bigint ORDER BY d.id DESC LIMIT 50;

-- name: InsertDiscount :one
INSERT INTO discounts (public_id, store_id, title, kind, value, currency, scope, paid_by, state, starts_at, ends_at, due_at, pass, settled, created_by, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, TRUE, $13, 1, $14, $14) RETURNING id;

-- name: DiscountByPublicID :one
SELECT id, public_id, store_id, title, kind, value, currency, scope, paid_by, state, starts_at, ends_at, due_at, pass, settled, created_by, version, created_at, updated_at
FROM discounts WHERE public_id = $1;

-- name: DiscountByID :one
SELECT id, public_id, store_id, title, kind, value, currency, scope, paid_by, state, starts_at, ends_at, due_at, pass, settled, created_by, version, created_at, updated_at
FROM discounts WHERE id = $1;

-- name: DueDiscounts :many
SELECT id FROM discounts WHERE due_at <= sqlc.arg(now)::bigint AND due_at < 253370764800000000 ORDER BY due_at, id LIMIT 20;

-- name: OpenCategoryDiscounts :many
SELECT id, public_id, store_id, title, kind, value, currency, scope, paid_by, state, starts_at, ends_at, due_at, pass, settled, created_by, version, created_at, updated_at
FROM discounts WHERE store_id IS NULL AND state IN ('scheduled', 'live') AND scope = 'categories' ORDER BY id;

-- name: CountOpenDiscounts :one
SELECT COUNT(*) FROM discounts WHERE store_id = $1 AND state IN ('scheduled', 'live');

-- name: UpdateDiscount :execrows
UPDATE discounts SET title = sqlc.arg(title), kind = sqlc.arg(kind), value = sqlc.arg(value), currency = sqlc.arg(currency), scope = sqlc.arg(scope),
    state = sqlc.arg(state), starts_at = sqlc.arg(starts_at), ends_at = sqlc.arg(ends_at), due_at = sqlc.arg(due_at), pass = sqlc.arg(pass), settled = sqlc.arg(settled),
    updated_at = sqlc.arg(updated_at), version = version + 1
WHERE id = sqlc.arg(id) AND version = sqlc.arg(version);

-- name: SettleDiscount :execrows
UPDATE discounts SET settled = TRUE WHERE id = sqlc.arg(id) AND pass = sqlc.arg(pass) AND NOT settled;

-- name: DiscountScopes :many
SELECT discount_id, thing FROM discount_scopes WHERE discount_id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY discount_id, thing;

-- name: InsertDiscountScopes :batchexec
INSERT INTO discount_scopes (discount_id, thing) VALUES ($1, $2);

-- name: ClearDiscountScopes :exec
DELETE FROM discount_scopes WHERE discount_id = $1;

-- name: DiscountStores :many
SELECT discount_id, store_id FROM discount_stores WHERE discount_id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY discount_id, store_id;

-- name: JoinDiscount :execrows
INSERT INTO discount_stores (discount_id, store_id, joined_by, joined_at) VALUES ($1, $2, $3, $4) ON CONFLICT (discount_id, store_id) DO NOTHING;

-- name: LeaveDiscount :execrows
DELETE FROM discount_stores WHERE discount_id = $1 AND store_id = $2;

-- name: DiscountTargets :many
SELECT target, store_id FROM discount_targets WHERE discount_id = $1 ORDER BY target, store_id;

-- name: InsertDiscountTargets :batchexec
INSERT INTO discount_targets (discount_id, target, store_id, open) VALUES ($1, $2, $3, $4) ON CONFLICT (discount_id, target, store_id) DO UPDATE SET open = excluded.open;

-- name: CloseDiscountTargets :exec
UPDATE discount_targets SET open = FALSE WHERE discount_id = $1;

-- name: ClearDiscountTargets :exec
DELETE FROM discount_targets WHERE discount_id = $1;

-- name: ProductKeys :many
SELECT id, public_id, store_id FROM products WHERE public_id = ANY(sqlc.arg(ids)::text[]) ORDER BY id;

-- name: ProductPlaces :many
SELECT id, public_id, store_id, category_id FROM products WHERE id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY id;

-- name: ProductsInCategory :many
SELECT id FROM products WHERE category_id = sqlc.arg(category_id)::bigint AND id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: AllListings :many
SELECT product_id FROM listings WHERE product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- name: LivePrices :many
SELECT product_id, price, currency FROM variants WHERE product_id = ANY(sqlc.arg(products)::bigint[]) AND NOT archived ORDER BY product_id, position, id;

-- name: RepriceListings :batchexec
UPDATE listings SET price_from = sqlc.arg(price_from), price_to = sqlc.arg(price_to), price_was = sqlc.arg(price_was), on_sale = sqlc.arg(on_sale)
WHERE product_id = sqlc.arg(product_id);

-- name: PricesListed :many
SELECT product_id, variant_count, price_from, price_to, price_was, on_sale FROM listings WHERE product_id = ANY(sqlc.arg(products)::bigint[]);
-- What is counted and searched.

-- name: ListingsToTally :many
SELECT product_id, store_id, category_id, brand, brand_key, visible, in_stock, on_sale, price_from FROM listings
WHERE product_id = ANY(sqlc.arg(products)::bigint[]) ORDER BY product_id;

-- name: Tallies :many
SELECT product_id, tally FROM listing_tallies WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- name: TalliesAfter :many
SELECT product_id, tally FROM listing_tallies WHERE product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- name: PutTallies :batchexec
INSERT INTO listing_tallies (product_id, tally) VALUES ($1, $2) ON CONFLICT (product_id) DO UPDATE SET tally = excluded.tally;

-- name: DropTallies :exec
DELETE FROM listing_tallies WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- name: AddFacets :batchexec
INSERT INTO facet_counts (place, facet, value, label, n) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (place, facet, value) DO UPDATE SET n = facet_counts.n + excluded.n, label = CASE WHEN excluded.label = '' THEN facet_counts.label ELSE excluded.label END;

-- name: DropEmptyFacets :batchexec
DELETE FROM facet_counts WHERE place = $1 AND facet = $2 AND value = $3 AND n = 0;

-- name: FacetTop :many
SELECT value, label, n FROM facet_counts WHERE place = sqlc.arg(place) AND facet = sqlc.arg(facet) ORDER BY n DESC, value DESC LIMIT sqlc.arg(max_rows);

-- name: FacetValues :many
SELECT value, n FROM facet_counts WHERE place = sqlc.arg(place) AND facet = sqlc.arg(facet) ORDER BY value LIMIT sqlc.arg(max_rows);

-- name: FacetCount :many
SELECT n FROM facet_counts WHERE place = sqlc.arg(place) AND facet = sqlc.arg(facet) AND value = sqlc.arg(value);

-- name: PlaceCounts :many
SELECT place, n FROM facet_counts WHERE place = ANY(sqlc.arg(places)::bigint[]) AND facet = 'all' AND value = '';

-- name: FacetsAfter :many
SELECT place, facet, value, n FROM facet_counts WHERE (place, facet, value) > (sqlc.arg(place)::bigint, sqlc.arg(facet)::text, sqlc.arg(value)::text)
ORDER BY place, facet, value LIMIT sqlc.arg(max_rows);

-- name: ProductTexts :many
SELECT p.id, p.title, p.description, p.vendor, p.brand, p.category_id, l.visible FROM products AS p JOIN listings AS l ON l.product_id = p.id
WHERE p.id = ANY(sqlc.arg(products)::bigint[]) ORDER BY p.id;

-- name: VariantTexts :many
SELECT product_id, sku, barcode, option1, option2, option3 FROM variants WHERE product_id = ANY(sqlc.arg(products)::bigint[]) AND NOT archived ORDER BY product_id, position, id;

-- name: PlaceSize :one
SELECT COUNT(*) AS n FROM (SELECT p.product_id FROM listing_places AS p WHERE p.place = sqlc.arg(place) ORDER BY p.published_at, p.product_id LIMIT sqlc.arg(max_rows)) AS few;

-- name: ListingsByKey :many
SELECT public_id, store, store_name, category_id, title, state, visible, variant_count, price_from, price_to, currency, published_at, created_at, updated_at,
    brand, price_was, on_sale, image, in_stock, brand_key, product_id, sold, title_key FROM listings WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- name: PlacedAmong :many
SELECT product_id FROM listing_places WHERE product_id = ANY(sqlc.arg(products)::bigint[]) AND place = sqlc.arg(place);

-- name: VisibleAmong :many
SELECT product_id, public_id, visible FROM listings WHERE product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- Imports.

-- name: InsertImport :one
INSERT INTO imports (public_id, store_id, account_id, actor, state, size, sha256, currency, done, bytes_read, created, updated, unchanged, error_count, failure, created_at, updated_at, dry_run)
VALUES ($1, $2, $3, $4, 'receiving', $5, $6, $7, 0, 0, 0, 0, 0, 0, '', $8, $8, $9) RETURNING id;

-- name: InsertImportParts :batchexec
INSERT INTO import_files (import_id, part, data) VALUES ($1, $2, $3);

-- name: QueueImport :execrows
UPDATE imports SET state = 'queued', updated_at = $1 WHERE id = $2 AND state = 'receiving';

-- name: ImportByPublicID :one
SELECT id, public_id, store_id, account_id, actor, state, size, sha256, currency, done, bytes_read, created, updated, unchanged, error_count, failure, created_at, updated_at, finished_at, dry_run, cancelled, rows_read, warning_count, started_at, images_total, images_done, images_failed
FROM imports WHERE public_id = $1;

-- name: OpenImports :many
SELECT id, public_id, store_id, account_id, actor, state, size, sha256, currency, done, bytes_read, created, updated, unchanged, error_count, failure, created_at, updated_at, finished_at, dry_run, cancelled, rows_read, warning_count, started_at, images_total, images_done, images_failed
FROM imports WHERE store_id = $1 AND state IN ('queued', 'running') ORDER BY id LIMIT $2;

-- name: ImportPart :one
SELECT data FROM import_files WHERE import_id = $1 AND part = $2;

-- name: AdvanceImport :execrows
UPDATE imports SET state = 'running', done = sqlc.arg(done), bytes_read = sqlc.arg(bytes_read), created = created + sqlc.arg(created)::bigint, updated = updated + sqlc.arg(updated)::bigint,
    unchanged = unchanged + sqlc.arg(unchanged)::bigint, error_count = error_count + sqlc.arg(errors)::bigint, warning_count = warning_count + sqlc.arg(warnings)::bigint,
    images_total = images_total + sqlc.arg(images)::bigint, rows_read = sqlc.arg(rows_read), started_at = COALESCE(started_at, sqlc.arg(started_at)::bigint), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND done = sqlc.arg(done_before) AND state IN ('queued', 'running');

-- name: CancelImport :execrows
UPDATE imports SET state = 'failed', cancelled = TRUE, failure = sqlc.arg(failure), updated_at = sqlc.arg(now)::bigint, finished_at = sqlc.arg(now)::bigint
WHERE id = sqlc.arg(id) AND state IN ('queued', 'running');

-- name: ImportByID :one
SELECT id, public_id, store_id, account_id, actor, state, size, sha256, currency, done, bytes_read, created, updated, unchanged, error_count, failure, created_at, updated_at, finished_at, dry_run, cancelled, rows_read, warning_count, started_at, images_total, images_done, images_failed
FROM imports WHERE id = $1;

-- name: EndImport :execrows
UPDATE imports SET state = sqlc.arg(state), failure = sqlc.arg(failure), updated_at = sqlc.arg(now)::bigint, finished_at = sqlc.arg(now)::bigint
WHERE id = sqlc.arg(id) AND state IN ('queued', 'running');

-- name: InsertImportErrors :batchexec
INSERT INTO import_errors (import_id, line, handle, field, code, message, severity) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: ImportErrors :many
SELECT line, handle, field, code, message, severity FROM import_errors WHERE import_id = $1 ORDER BY id LIMIT $2;

-- name: ImportErrorsAfter :many
SELECT id, line, handle, field, code, message, severity FROM import_errors WHERE import_id = sqlc.arg(import_id) AND id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: PutProductDetails :batchexec
INSERT INTO product_details (product_id, type, tags, seo_title, seo_description, more) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (product_id) DO UPDATE SET type = excluded.type, tags = excluded.tags, seo_title = excluded.seo_title, seo_description = excluded.seo_description, more = excluded.more;

-- name: PutVariantDetails :batchexec
INSERT INTO variant_details (variant_id, compare_at, taxable, shipping, weight_unit, more) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (variant_id) DO UPDATE SET compare_at = excluded.compare_at, taxable = excluded.taxable, shipping = excluded.shipping, weight_unit = excluded.weight_unit, more = excluded.more;

-- name: ProductDetails :many
SELECT product_id, type, tags, seo_title, seo_description, more FROM product_details WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- name: VariantDetails :many
SELECT variant_id, compare_at, taxable, shipping, weight_unit, more FROM variant_details WHERE variant_id = ANY(sqlc.arg(variants)::bigint[]);

-- name: ProductsAfter :many
SELECT id, public_id, store_id, handle, category_id, title, description, vendor, option1, option2, option3, state, version, published_at, created_at, updated_at, brand, brand_key, tax_bp, tax_code, review, review_note
FROM products WHERE store_id = sqlc.arg(store_id) AND handle > sqlc.arg(after) AND state <> 'archived' ORDER BY handle LIMIT sqlc.arg(max_rows);

-- Pictures to fetch.

-- name: PutImageFetches :batchexec
INSERT INTO image_fetches (import_id, product_id, line, handle, url, alt, position, variants, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
ON CONFLICT (product_id, url) DO UPDATE SET alt = excluded.alt, position = excluded.position, variants = excluded.variants;

-- name: ImageFetches :many
SELECT id, import_id, product_id, line, handle, url, alt, position, variants, tries FROM image_fetches WHERE import_id = sqlc.arg(import_id) AND id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: ImageFetchesOfProducts :many
SELECT product_id, url FROM image_fetches WHERE product_id = ANY(sqlc.arg(products)::bigint[]);

-- name: TryImageFetch :exec
UPDATE image_fetches SET tries = tries + 1 WHERE id = $1;

-- name: DeleteImageFetch :execrows
DELETE FROM image_fetches WHERE id = $1;

-- name: CountImages :exec
UPDATE imports SET images_done = images_done + sqlc.arg(done)::bigint, images_failed = images_failed + sqlc.arg(failed)::bigint, warning_count = warning_count + sqlc.arg(failed)::bigint, updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id);

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
WHERE l.state <> CASE WHEN p.review IN ('submitted', 'rejected') THEN p.review ELSE p.state END OR l.title <> p.title OR l.store_id <> p.store_id OR l.public_id <> p.public_id OR COALESCE(l.category_id, 0) <> COALESCE(p.category_id, 0)
    OR l.published_at <> COALESCE(p.published_at, 0) OR l.brand <> p.brand OR l.brand_key <> p.brand_key
ORDER BY l.public_id LIMIT $1;

-- name: ListedPrices :many
SELECT l.product_id, l.public_id, l.store_id, l.category_id, l.currency, l.variant_count, l.price_from, l.price_to, l.price_was, l.on_sale
FROM listings AS l WHERE l.product_id > sqlc.arg(after) ORDER BY l.product_id LIMIT 1000;

-- name: UnsettledTargets :many
SELECT DISTINCT t.target FROM discount_targets AS t JOIN discounts AS d ON d.id = t.discount_id
WHERE NOT d.settled OR d.due_at <= sqlc.arg(now)::bigint AND d.due_at < 253370764800000000;

-- name: EndedOpenTargets :many
SELECT d.public_id FROM discounts AS d WHERE (d.state = 'ended') = EXISTS (SELECT 1 FROM discount_targets AS t WHERE t.discount_id = d.id AND t.open)
    AND (d.state = 'ended' OR d.store_id IS NOT NULL OR d.paid_by = 'platform') ORDER BY d.public_id LIMIT $1;

-- name: TimelessDiscounts :many
SELECT d.public_id FROM discounts AS d
WHERE d.due_at <> CASE d.state WHEN 'scheduled' THEN d.starts_at WHEN 'live' THEN d.ends_at ELSE 253370764800000000 END ORDER BY d.public_id LIMIT $1;

-- name: ListingsAfter :many
SELECT product_id, public_id, in_stock FROM listings WHERE product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- name: ChangedProducts :many
SELECT DISTINCT product_id FROM listing_changes ORDER BY product_id;

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

-- Images.

-- name: ImagesOfProducts :many
SELECT i.id, i.public_id, i.product_id, i.image, i.alt, i.position, i.source, i.created_at, b.width, b.height
FROM product_images AS i JOIN blobs AS b ON b.name = i.image WHERE i.product_id = ANY(sqlc.arg(products)::bigint[]) ORDER BY i.product_id, i.position, i.id;

-- name: InsertImages :batchone
INSERT INTO product_images (public_id, product_id, image, alt, position, source, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id;

-- name: UpdateImages :batchexec
UPDATE product_images SET alt = sqlc.arg(alt), position = sqlc.arg(position) WHERE id = sqlc.arg(id);

-- name: DeleteImage :execrows
DELETE FROM product_images WHERE id = $1;

-- name: VariantImages :many
SELECT vi.variant_id, vi.image_id FROM variant_images AS vi WHERE vi.variant_id = ANY(sqlc.arg(variants)::bigint[]);

-- name: PutVariantImages :batchexec
INSERT INTO variant_images (variant_id, image_id) VALUES ($1, $2) ON CONFLICT (variant_id) DO UPDATE SET image_id = excluded.image_id;

-- name: DeleteVariantImage :execrows
DELETE FROM variant_images WHERE variant_id = $1;

-- name: ForgetImage :execrows
DELETE FROM variant_images WHERE image_id = $1;

-- name: SetCovers :batchexec
UPDATE listings SET image = sqlc.arg(image), updated_at = sqlc.arg(updated_at) WHERE product_id = sqlc.arg(product_id);

-- name: BrokenCovers :many
SELECT l.public_id FROM listings AS l WHERE l.image <> COALESCE((SELECT i.image FROM product_images AS i WHERE i.product_id = l.product_id ORDER BY i.position, i.id LIMIT 1), '')
ORDER BY l.public_id LIMIT $1;

-- name: StrangeVariantImages :many
SELECT v.public_id FROM variant_images AS vi JOIN variants AS v ON v.id = vi.variant_id JOIN product_images AS i ON i.id = vi.image_id
WHERE i.product_id <> v.product_id ORDER BY v.public_id LIMIT $1;

-- Brands.

-- name: InsertBrand :one
INSERT INTO brands (public_id, store_id, name, name_key, state, reason, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, '', $6, $7, $7) RETURNING id;

-- name: BrandByPublicID :one
SELECT id, public_id, store_id, name, name_key, state, reason, created_by, created_at, updated_at FROM brands WHERE public_id = $1;

-- name: BrandByKey :one
SELECT id, public_id, store_id, name, name_key, state, reason, created_by, created_at, updated_at FROM brands WHERE name_key = $1 AND state <> 'rejected';

-- name: BrandsByKeys :many
SELECT name, name_key, state FROM brands WHERE name_key = ANY(sqlc.arg(keys)::text[]) AND state <> 'rejected';

-- name: JudgeBrand :execrows
UPDATE brands SET state = sqlc.arg(state), reason = sqlc.arg(reason), updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = 'pending';

-- name: StandingOfProducts :many
SELECT id, product_id, store_id, sku, track_stock, archived FROM variants WHERE product_id = ANY(sqlc.arg(products)::bigint[]) ORDER BY id;

-- Many products at once.

-- name: StoreChoice :many
SELECT product_id, public_id, state, category_id, brand_key, variant_count FROM listings
WHERE store_id = sqlc.arg(store_id) AND product_id > sqlc.arg(after)::bigint ORDER BY product_id LIMIT sqlc.arg(max_rows);

-- name: InsertBulkEdit :exec
INSERT INTO bulk_edits (public_id, store_id, actor, changed, unchanged, refused, results, next_cursor, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: BulkEdit :one
SELECT public_id, changed, unchanged, refused, results, next_cursor, created_at FROM bulk_edits WHERE public_id = $1;

-- name: OldBulkEdits :many
SELECT id FROM bulk_edits WHERE created_at < sqlc.arg(before) ORDER BY created_at, id LIMIT sqlc.arg(max_rows);

-- name: DeleteBulkEdits :execrows
DELETE FROM bulk_edits WHERE id = ANY(sqlc.arg(ids)::bigint[]);
-- Materials.

-- name: InsertMaterial :one
INSERT INTO materials (public_id, category_id, name, name_key, unit, tax_bp, tax_code, active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8, $8) RETURNING id;

-- name: UpdateMaterial :exec
UPDATE materials SET category_id = sqlc.arg(category_id), name = sqlc.arg(name), name_key = sqlc.arg(name_key), unit = sqlc.arg(unit), tax_bp = sqlc.arg(tax_bp),
    tax_code = sqlc.arg(tax_code), active = sqlc.arg(active), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id);

-- name: SetMaterialImage :exec
UPDATE materials SET image = sqlc.narg(image), updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id);

-- name: MaterialByPublicID :one
SELECT * FROM materials WHERE public_id = $1;

-- name: MaterialsByPublicID :many
SELECT * FROM materials WHERE public_id = ANY(sqlc.arg(ids)::text[]) ORDER BY id;

-- name: MaterialsByID :many
SELECT * FROM materials WHERE id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY id;

-- name: CountMaterials :one
SELECT COUNT(*) FROM materials;
