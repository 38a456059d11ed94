-- name: InsertStore :one
INSERT INTO stores (public_id, code, owner_id, name, name_key, slug, description, business_type, email, phone, whatsapp, address,
                    sells, buys, state, suspend_reason, suspended_from, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', $16, $17)
RETURNING *;

-- name: UpdateStore :one
UPDATE stores SET name = $2, name_key = $3, slug = $4, description = $5, business_type = $6, email = $7, phone = $8, whatsapp = $9,
                  address = $10, sells = $11, buys = $12, updated_at = $13
WHERE id = $1
RETURNING *;

-- name: UpdateState :one
UPDATE stores SET state = sqlc.arg(state), suspend_reason = sqlc.arg(suspend_reason), suspended_from = sqlc.arg(suspended_from), updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(from_state)
RETURNING *;

-- name: StoreByID :one
SELECT * FROM stores WHERE id = $1;

-- name: StoreByPublicID :one
SELECT * FROM stores WHERE public_id = $1;

-- name: StoresByIDs :many
SELECT id, public_id, name, slug, owner_id, state, sells, buys FROM stores WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: SlugTaken :one
SELECT EXISTS (SELECT 1 FROM stores WHERE slug = $1);

-- name: CodeTaken :one
SELECT EXISTS (SELECT 1 FROM stores WHERE code = $1);

-- name: CountOwned :one
SELECT COUNT(*) FROM stores WHERE owner_id = $1 AND state <> 'closed';

-- name: InsertPerson :exec
INSERT INTO store_people (store_id, account_id, owner, catalog, stock, orders, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: UpdatePerson :execrows
UPDATE store_people SET catalog = $3, stock = $4, orders = $5 WHERE store_id = $1 AND account_id = $2 AND NOT owner;

-- name: DeletePerson :execrows
DELETE FROM store_people WHERE store_id = $1 AND account_id = $2 AND NOT owner;

-- name: Person :one
SELECT * FROM store_people WHERE store_id = $1 AND account_id = $2;

-- name: CountPeople :one
SELECT COUNT(*) FROM store_people WHERE store_id = $1;

-- name: PeopleIn :many
SELECT * FROM store_people WHERE account_id = $1 AND store_id = ANY(sqlc.arg(stores)::bigint[]);

-- name: StoresWithoutOwner :many
SELECT s.public_id FROM stores s
WHERE NOT EXISTS (SELECT 1 FROM store_people p WHERE p.store_id = s.id AND p.account_id = s.owner_id AND p.owner)
ORDER BY s.id LIMIT 100;
