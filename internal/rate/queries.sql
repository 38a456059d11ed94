-- name: Areas :many
SELECT postal_code FROM service_areas WHERE store_id = $1 ORDER BY postal_code;

-- name: AreasOfStores :many
SELECT store_id, postal_code FROM service_areas WHERE store_id = ANY(sqlc.arg(stores)::bigint[]) ORDER BY store_id, postal_code;

-- name: Serves :one
SELECT EXISTS (SELECT 1 FROM service_areas WHERE store_id = $1 AND postal_code = $2);

-- name: InsertAreas :batchexec
INSERT INTO service_areas (store_id, postal_code, created_at) VALUES ($1, $2, $3);

-- name: DeleteAreas :execrows
DELETE FROM service_areas WHERE store_id = sqlc.arg(store_id) AND postal_code = ANY(sqlc.arg(codes)::text[]);

-- name: HideRates :execrows
UPDATE rates SET offered = FALSE WHERE store_id = $1 AND offered;

-- name: OfferRates :execrows
UPDATE rates SET offered = TRUE WHERE rates.store_id = sqlc.arg(store_id) AND NOT rates.offered AND rates.postal_code = ANY(sqlc.arg(codes)::text[]);

-- name: HideRatesThere :execrows
UPDATE rates SET offered = FALSE WHERE store_id = sqlc.arg(store_id) AND postal_code = ANY(sqlc.arg(codes)::text[]) AND offered;

-- name: HideRatesOf :execrows
UPDATE rates SET offered = FALSE WHERE material_id = $1 AND offered;

-- name: StoresWithRatesOf :many
SELECT DISTINCT store_id FROM rates WHERE material_id = $1 ORDER BY store_id;

-- name: InsertRates :batchexec
INSERT INTO rates (public_id, store_id, material_id, postal_code, price, currency, offered, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8);

-- name: UpdateRates :batchexec
UPDATE rates SET price = sqlc.arg(price), updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id);

-- name: DeleteRates :execrows
DELETE FROM rates WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: InsertChanges :batchexec
INSERT INTO rate_changes (store_id, rate, material_id, postal_code, old_price, new_price, currency, actor, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: RateByPublicID :one
SELECT * FROM rates WHERE public_id = $1;

-- name: RatesByID :many
SELECT * FROM rates WHERE id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY id;

-- name: RatesOfStore :many
SELECT * FROM rates WHERE store_id = $1 ORDER BY id;

-- name: RateAt :one
SELECT * FROM rates WHERE store_id = $1 AND material_id = $2 AND postal_code = $3;

-- name: CountRates :one
SELECT COUNT(*) FROM rates WHERE store_id = $1;

-- name: MaterialsThere :many
SELECT material_id, COUNT(*) AS dealers, COALESCE(MAX(price), 0)::bigint AS best, COALESCE(MIN(price), 0)::bigint AS least
FROM rates WHERE postal_code = $1 AND offered GROUP BY material_id ORDER BY material_id;

-- name: DealersThere :one
SELECT COUNT(DISTINCT store_id) AS dealers FROM rates WHERE postal_code = $1 AND offered;

-- name: BestAt :many
SELECT * FROM rates
WHERE postal_code = ANY(sqlc.arg(codes)::text[]) AND material_id = sqlc.arg(material_id) AND offered
ORDER BY price DESC, id DESC LIMIT 200;

-- name: InsertRequest :exec
INSERT INTO area_requests (public_id, store_id, wanted, reason, state, note, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, 'pending', '', $5, $6, $6);

-- name: RequestByPublicID :one
SELECT * FROM area_requests WHERE public_id = $1;

-- name: JudgeRequest :execrows
UPDATE area_requests SET state = sqlc.arg(state), note = sqlc.arg(note), updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = 'pending';

-- name: Granted :one
SELECT COALESCE(MAX(wanted), 0)::bigint FROM area_requests WHERE store_id = $1 AND state = 'approved';

-- name: VerifyRates :many
SELECT r.id, r.public_id, r.price, r.store_id, r.material_id, r.offered,
    EXISTS (SELECT 1 FROM service_areas AS a WHERE a.store_id = r.store_id AND a.postal_code = r.postal_code) AS served,
    COALESCE((SELECT c.new_price FROM rate_changes AS c WHERE c.rate = r.public_id ORDER BY c.id DESC LIMIT 1), 0)::bigint AS last_price
FROM rates AS r WHERE r.id > $1 ORDER BY r.id LIMIT 1000;

-- name: MaterialsOfStore :many
SELECT DISTINCT material_id FROM rates WHERE store_id = $1 ORDER BY material_id;

-- name: HideRatesOfStore :execrows
UPDATE rates SET offered = FALSE WHERE store_id = $1 AND material_id = $2 AND offered;
