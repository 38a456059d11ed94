-- name: InsertStore :one
INSERT INTO stores (public_id, code, owner_id, name, name_key, slug, description, business_type, email, phone, whatsapp, address,
                    sells, buys, state, suspend_reason, suspended_from, created_at, updated_at, legal_name, tax_number)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', $16, $17, $18, $19)
RETURNING *;

-- name: UpdateStore :one
UPDATE stores SET name = $2, name_key = $3, slug = $4, description = $5, business_type = $6, email = $7, phone = $8, whatsapp = $9,
                  address = $10, sells = $11, buys = $12, updated_at = $13, legal_name = $14, tax_number = $15
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

-- name: StoreBySlug :one
SELECT * FROM stores WHERE slug = $1;

-- name: StoresByIDs :many
SELECT id, public_id, code, name, slug, owner_id, state, sells, buys FROM stores WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: WholeStoresByIDs :many
SELECT * FROM stores WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: ContactsByIDs :many
SELECT id, phone, whatsapp FROM stores WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: StoresByPublicIDs :many
SELECT id, public_id, code, name, slug, owner_id, state, sells, buys FROM stores WHERE public_id = ANY(sqlc.arg(ids)::text[]) ORDER BY id;

-- name: SlugTaken :one
SELECT EXISTS (SELECT 1 FROM stores WHERE slug = $1);

-- name: CodeTaken :one
SELECT EXISTS (SELECT 1 FROM stores WHERE code = $1);

-- name: CountOwned :one
SELECT COUNT(*) FROM stores WHERE owner_id = $1 AND state <> 'closed';

-- name: InsertPerson :exec
INSERT INTO store_people (store_id, account_id, owner, catalog, stock, orders, people, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: UpdatePerson :execrows
UPDATE store_people SET catalog = $3, stock = $4, orders = $5, people = $6 WHERE store_id = $1 AND account_id = $2 AND NOT owner;

-- name: DeletePerson :execrows
DELETE FROM store_people WHERE store_id = $1 AND account_id = $2 AND NOT owner;

-- name: Person :one
SELECT * FROM store_people WHERE store_id = $1 AND account_id = $2;

-- name: StoresStaffed :many
SELECT s.public_id FROM store_people p JOIN stores s ON s.id = p.store_id WHERE p.account_id = $1 AND NOT p.owner ORDER BY s.id;

-- name: DeleteStaffed :exec
DELETE FROM store_people WHERE account_id = $1 AND NOT owner;

-- name: CountPeople :one
SELECT COUNT(*) FROM store_people WHERE store_id = $1;

-- name: PeopleIn :many
SELECT * FROM store_people WHERE account_id = $1 AND store_id = ANY(sqlc.arg(stores)::bigint[]);

-- name: StoresWithoutOwner :many
SELECT s.public_id FROM stores s
WHERE NOT EXISTS (SELECT 1 FROM store_people p WHERE p.store_id = s.id AND p.account_id = s.owner_id AND p.owner)
ORDER BY s.id LIMIT 100;

-- name: InsertInvitation :one
INSERT INTO store_invitations (public_id, store_id, invitee, invitee_key, catalog, stock, orders, people, state, invited_by, mailed_at, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'open', sqlc.arg(invited_by)::bigint, sqlc.arg(now), sqlc.arg(now), sqlc.arg(expires_at))
RETURNING *;

-- name: InvitationByPublicID :one
SELECT * FROM store_invitations WHERE public_id = $1;

-- name: InvitationByID :one
SELECT * FROM store_invitations WHERE id = $1;

-- name: OpenInvitation :one
SELECT * FROM store_invitations WHERE store_id = $1 AND invitee_key = $2 AND state = 'open';

-- name: CountOpenInvitations :one
SELECT COUNT(*) FROM store_invitations WHERE store_id = $1 AND state = 'open';

-- name: InvitationsFor :many
SELECT * FROM store_invitations
WHERE invitee_key = ANY(sqlc.arg(keys)::text[]) AND state = 'open' AND expires_at > sqlc.arg(now)
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: EndInvitation :execrows
UPDATE store_invitations SET state = sqlc.arg(state), answered_by = sqlc.narg(answered_by), ended_at = sqlc.arg(now)::bigint
WHERE id = sqlc.arg(id) AND state = 'open';

-- name: ResendInvitation :execrows
UPDATE store_invitations SET invited_by = sqlc.arg(invited_by)::bigint, mailed_at = sqlc.arg(now), expires_at = sqlc.arg(expires_at)
WHERE id = sqlc.arg(id) AND state = 'open';

-- name: RedirectInvitations :exec
UPDATE store_invitations SET invitee_key = sqlc.arg(to_key)
WHERE store_invitations.invitee_key = sqlc.arg(from_key) AND store_invitations.state = 'open' AND NOT EXISTS (
    SELECT 1 FROM store_invitations o WHERE o.store_id = store_invitations.store_id AND o.invitee_key = sqlc.arg(to_key) AND o.state = 'open');

-- name: RevokeInvitationsTo :exec
UPDATE store_invitations SET state = 'revoked', ended_at = sqlc.arg(now)::bigint WHERE invitee_key = sqlc.arg(key) AND state = 'open';

-- name: DeleteInvitationsTo :exec
DELETE FROM store_invitations WHERE invitee_key = ANY(sqlc.arg(keys)::text[]);

-- name: DeleteInvitationsAnsweredBy :exec
DELETE FROM store_invitations WHERE answered_by = sqlc.arg(account_id)::bigint;

-- name: OldInvitations :many
SELECT id FROM store_invitations WHERE expires_at < sqlc.arg(before) ORDER BY expires_at, id LIMIT sqlc.arg(max_rows);

-- name: DeleteInvitations :execrows
DELETE FROM store_invitations WHERE id = ANY(sqlc.arg(ids)::bigint[]);
