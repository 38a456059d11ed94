-- name: InsertReview :exec
INSERT INTO reviews (public_id, order_id, reference, store_id, product, title, account_id, stars, body, state, hide_reason, reply, replied_by, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(order_id), sqlc.arg(reference), sqlc.arg(store_id), sqlc.arg(product), sqlc.arg(title), sqlc.arg(account_id), sqlc.arg(stars), sqlc.arg(body),
  'shown', '', '', '', sqlc.arg(now), sqlc.arg(now));

-- name: Review :one
SELECT * FROM reviews WHERE public_id = $1;

-- name: LockReview :one
SELECT * FROM reviews WHERE public_id = $1 FOR UPDATE;

-- name: OfOrder :many
SELECT * FROM reviews WHERE order_id = $1 ORDER BY id LIMIT 200;

-- name: Edit :execrows
UPDATE reviews SET stars = sqlc.arg(stars), body = sqlc.arg(body), edited_at = sqlc.arg(now)::bigint, updated_at = sqlc.arg(now)::bigint WHERE id = sqlc.arg(id) AND state = 'shown';

-- name: AnswerReview :execrows
UPDATE reviews SET reply = sqlc.arg(reply), replied_by = sqlc.arg(replied_by), replied_at = sqlc.arg(now)::bigint, updated_at = sqlc.arg(now)::bigint
WHERE id = sqlc.arg(id) AND state = 'shown' AND reply = '';

-- name: SetState :execrows
UPDATE reviews SET state = sqlc.arg(state), hide_reason = sqlc.arg(hide_reason), body = sqlc.arg(body), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: ForgetWords :execrows
UPDATE reviews SET body = '', updated_at = sqlc.arg(now) WHERE account_id = sqlc.arg(account_id) AND body <> '';

-- name: BeginStore :exec
INSERT INTO store_ratings (store_id, one, two, three, four, five) VALUES ($1, 0, 0, 0, 0, 0) ON CONFLICT (store_id) DO NOTHING;

-- name: CountStore :execrows
UPDATE store_ratings SET one = one + sqlc.arg(one)::bigint, two = two + sqlc.arg(two)::bigint, three = three + sqlc.arg(three)::bigint, four = four + sqlc.arg(four)::bigint,
  five = five + sqlc.arg(five)::bigint
WHERE store_id = sqlc.arg(store_id);

-- name: BeginProduct :exec
INSERT INTO product_ratings (product, one, two, three, four, five) VALUES ($1, 0, 0, 0, 0, 0) ON CONFLICT (product) DO NOTHING;

-- name: CountProduct :execrows
UPDATE product_ratings SET one = one + sqlc.arg(one)::bigint, two = two + sqlc.arg(two)::bigint, three = three + sqlc.arg(three)::bigint, four = four + sqlc.arg(four)::bigint,
  five = five + sqlc.arg(five)::bigint
WHERE product = sqlc.arg(product);

-- name: StoreRatings :many
SELECT * FROM store_ratings WHERE store_id = ANY(sqlc.arg(stores)::bigint[]);

-- name: ProductRatings :many
SELECT * FROM product_ratings WHERE product = ANY(sqlc.arg(products)::text[]);

-- name: VerifyAfter :many
SELECT * FROM reviews WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT 500;

-- name: StoreRatingsAfter :many
SELECT * FROM store_ratings WHERE store_id > sqlc.arg(after)::bigint ORDER BY store_id LIMIT 500;

-- name: ProductRatingsAfter :many
SELECT * FROM product_ratings WHERE product > sqlc.arg(after)::text ORDER BY product LIMIT 500;

-- name: CountedOfStores :many
SELECT store_id, stars, COUNT(*) AS n FROM reviews WHERE store_id = ANY(sqlc.arg(stores)::bigint[]) AND state = 'shown' AND product = '' GROUP BY store_id, stars;

-- name: CountedOfProducts :many
SELECT product, stars, COUNT(*) AS n FROM reviews WHERE product = ANY(sqlc.arg(products)::text[]) AND state = 'shown' AND product <> '' GROUP BY product, stars;

-- name: UncountedStores :many
SELECT DISTINCT r.store_id FROM reviews AS r WHERE r.state = 'shown' AND r.product = '' AND NOT EXISTS (SELECT 1 FROM store_ratings AS t WHERE t.store_id = r.store_id) ORDER BY r.store_id LIMIT 100;

-- name: UncountedProducts :many
SELECT DISTINCT r.product FROM reviews AS r WHERE r.state = 'shown' AND r.product <> '' AND NOT EXISTS (SELECT 1 FROM product_ratings AS t WHERE t.product = r.product) ORDER BY r.product LIMIT 100;
