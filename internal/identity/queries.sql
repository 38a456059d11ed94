-- name: InsertAccount :one
INSERT INTO accounts (public_id, code, name, email, email_key, phone, password_hash, state, language, indexed, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(code), sqlc.arg(name), sqlc.arg(email), sqlc.arg(email_key), sqlc.arg(phone),
        sqlc.arg(password_hash), sqlc.arg(state), sqlc.arg(language), TRUE, sqlc.arg(now), sqlc.arg(now))
RETURNING *;

-- name: AccountByID :one
SELECT * FROM accounts WHERE id = $1;

-- name: AccountByPublicID :one
SELECT * FROM accounts WHERE public_id = $1;

-- name: AccountByEmail :one
SELECT * FROM accounts WHERE email_key = $1;

-- name: AccountByCode :one
SELECT * FROM accounts WHERE code = $1;

-- name: CodeTaken :one
SELECT EXISTS (SELECT 1 FROM accounts WHERE code = $1);

-- name: AccountsByIDs :many
SELECT id, public_id, name, email, avatar FROM accounts WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: UpdateProfile :exec
UPDATE accounts SET name = sqlc.arg(name), phone = sqlc.arg(phone), language = sqlc.arg(language), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id);

-- name: UpdateEmail :execrows
UPDATE accounts SET email = sqlc.arg(email), email_key = sqlc.arg(email_key), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'active';

-- name: UpdateAvatar :exec
UPDATE accounts SET avatar = sqlc.narg(avatar), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id);

-- name: EraseAccount :exec
UPDATE accounts SET name = sqlc.arg(name), email = sqlc.arg(email), email_key = sqlc.arg(email), phone = '', password_hash = '', language = '',
                    avatar = NULL, state = 'deactivated', state_reason = sqlc.arg(state_reason), erased_at = sqlc.arg(now)::bigint, updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id);

-- name: InsertWords :batchexec
INSERT INTO account_words (word, account_id) VALUES ($1, $2) ON CONFLICT (word, account_id) DO NOTHING;

-- name: DeleteWords :exec
DELETE FROM account_words WHERE account_id = $1;

-- name: UnindexedAccounts :many
SELECT * FROM accounts WHERE NOT indexed ORDER BY id LIMIT $1;

-- name: MarkIndexed :exec
UPDATE accounts SET indexed = TRUE WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: PutEmailChange :exec
INSERT INTO email_changes (public_id, account_id, hash, email, email_key, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (account_id) DO UPDATE SET public_id = excluded.public_id, hash = excluded.hash, email = excluded.email, email_key = excluded.email_key,
                                       created_at = excluded.created_at, expires_at = excluded.expires_at;

-- name: EmailChange :one
SELECT * FROM email_changes WHERE hash = $1;

-- name: EmailChangeByPublicID :one
SELECT * FROM email_changes WHERE public_id = $1;

-- name: DeleteEmailChange :execrows
DELETE FROM email_changes WHERE account_id = $1;

-- name: ExpiredEmailChanges :many
SELECT id FROM email_changes WHERE expires_at < sqlc.arg(before) ORDER BY expires_at, id LIMIT sqlc.arg(max_rows);

-- name: DeleteEmailChanges :execrows
DELETE FROM email_changes WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: UpdatePassword :exec
UPDATE accounts SET password_hash = sqlc.arg(password_hash), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id);

-- name: UpdateState :exec
UPDATE accounts SET state = sqlc.arg(state), state_reason = sqlc.arg(state_reason), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id);

-- name: InsertRole :exec
INSERT INTO account_roles (account_id, role) VALUES ($1, $2) ON CONFLICT (account_id, role) DO NOTHING;

-- name: DeleteRole :exec
DELETE FROM account_roles WHERE account_id = $1 AND role = $2;

-- name: Roles :many
SELECT role FROM account_roles WHERE account_id = $1 ORDER BY role;

-- name: RolesOf :many
SELECT account_id, role FROM account_roles WHERE account_id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY account_id, role;

-- name: CountActiveWithRole :one
SELECT COUNT(*) FROM account_roles r JOIN accounts a ON a.id = r.account_id WHERE r.role = $1 AND a.state = 'active';

-- name: TokenOwner :many
SELECT t.expires_at, t.session_id, t.account_id, a.public_id, a.state, s.role AS session_role, r.role
FROM session_tokens t
JOIN sessions s ON s.id = t.session_id
JOIN accounts a ON a.id = t.account_id
JOIN account_roles r ON r.account_id = a.id
WHERE t.hash = $1 AND t.kind = 'access';

-- name: RefreshToken :one
SELECT t.hash, t.session_id, t.account_id, t.expires_at, t.used_at, a.state, s.expires_at AS session_expires_at
FROM session_tokens t
JOIN accounts a ON a.id = t.account_id
JOIN sessions s ON s.id = t.session_id
WHERE t.hash = $1 AND t.kind = 'refresh' FOR UPDATE OF t;

-- name: TokenByHash :one
SELECT hash, kind, expires_at FROM session_tokens WHERE hash = $1;

-- name: InsertSession :one
INSERT INTO sessions (public_id, account_id, role, address, user_agent, created_at, used_at, expires_at)
VALUES (sqlc.arg(public_id), sqlc.arg(account_id), sqlc.arg(role), sqlc.arg(address), sqlc.arg(user_agent), sqlc.arg(now), sqlc.arg(now), sqlc.arg(expires_at))
RETURNING id;

-- name: InsertToken :exec
INSERT INTO session_tokens (hash, kind, session_id, account_id, expires_at) VALUES ($1, $2, $3, $4, $5);

-- name: UseRefreshToken :exec
UPDATE session_tokens SET used_at = sqlc.arg(now)::bigint, expires_at = sqlc.arg(expires_at) WHERE hash = sqlc.arg(hash);

-- name: TouchSession :exec
UPDATE sessions SET used_at = sqlc.arg(now), expires_at = sqlc.arg(expires_at), address = sqlc.arg(address), user_agent = sqlc.arg(user_agent)
WHERE id = sqlc.arg(id);

-- name: SessionOf :one
SELECT id FROM sessions WHERE account_id = $1 AND public_id = $2;

-- name: SessionIDs :many
SELECT id FROM sessions WHERE account_id = $1 ORDER BY id DESC;


-- name: ExpiredSessions :many
SELECT id FROM sessions WHERE expires_at < sqlc.arg(before) ORDER BY expires_at, id LIMIT sqlc.arg(max_rows);

-- name: DeleteTokensOf :execrows
DELETE FROM session_tokens WHERE session_id = ANY(sqlc.arg(ids)::bigint[]);

-- name: DeleteSessions :execrows
DELETE FROM sessions WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: ExpiredTokens :many
SELECT hash FROM session_tokens WHERE expires_at < sqlc.arg(before) ORDER BY expires_at LIMIT sqlc.arg(max_rows);

-- name: DeleteTokens :execrows
DELETE FROM session_tokens WHERE hash = ANY(sqlc.arg(hashes)::text[]);

-- name: InsertProof :exec
INSERT INTO account_proofs (public_id, purpose, account_id, hash, name, phone, role, password_hash, store, language, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: ProofByHash :one
SELECT * FROM account_proofs WHERE hash = $1 AND purpose = $2;

-- name: WaitingSignUps :many
SELECT * FROM account_proofs
WHERE account_id = sqlc.arg(account_id)::bigint AND purpose = 'activate' AND used_at IS NULL AND name IS NOT NULL
ORDER BY id DESC LIMIT sqlc.arg(max_rows);

-- name: UseProof :execrows
UPDATE account_proofs SET used_at = sqlc.arg(now)::bigint WHERE id = sqlc.arg(id) AND used_at IS NULL;

-- name: VoidProofs :exec
UPDATE account_proofs SET expires_at = sqlc.arg(now), used_at = sqlc.arg(now)::bigint
WHERE account_id = sqlc.arg(account_id)::bigint AND purpose = sqlc.arg(purpose) AND used_at IS NULL;

-- name: VoidSetups :exec
DELETE FROM account_proofs WHERE purpose = 'setup' AND account_id IS NULL;

-- name: ExpiredProofs :many
SELECT id FROM account_proofs WHERE expires_at < sqlc.arg(before) ORDER BY expires_at, id LIMIT sqlc.arg(max_rows);

-- name: DeleteProofs :execrows
DELETE FROM account_proofs WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: LockTries :one
INSERT INTO tries (kind, key, count, tried_at, until_at) VALUES (sqlc.arg(kind), sqlc.arg(key), 0, sqlc.arg(now), 0)
ON CONFLICT (kind, key) DO UPDATE SET kind = excluded.kind
RETURNING count, tried_at, until_at;

-- name: UpdateTries :exec
UPDATE tries SET count = sqlc.arg(count), tried_at = sqlc.arg(now), until_at = sqlc.arg(until_at)
WHERE kind = sqlc.arg(kind) AND key = sqlc.arg(key);

-- name: ForgetTries :exec
DELETE FROM tries WHERE kind = $1 AND key = $2;

-- name: OldTries :many
SELECT kind, key FROM tries WHERE tried_at < sqlc.arg(before) AND until_at < sqlc.arg(before) ORDER BY tried_at LIMIT sqlc.arg(max_rows);

-- name: InsertAddress :one
INSERT INTO addresses (public_id, account_id, label, name, phone, line1, line2, city, district, state, postal_code, country,
                       lat_micro, lng_micro, instructions, is_default, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
RETURNING *;

-- name: UpdateAddress :one
UPDATE addresses SET label = $2, name = $3, phone = $4, line1 = $5, line2 = $6, city = $7, district = $8, state = $9, postal_code = $10,
                     country = $11, lat_micro = $12, lng_micro = $13, instructions = $14, updated_at = $15
WHERE id = $1
RETURNING *;

-- name: AddressOf :one
SELECT * FROM addresses WHERE account_id = $1 AND public_id = $2;

-- name: AddressesOf :many
SELECT id, is_default FROM addresses WHERE account_id = $1 ORDER BY id;

-- name: ClearDefault :exec
UPDATE addresses SET is_default = FALSE WHERE account_id = $1 AND is_default;

-- name: SetDefault :exec
UPDATE addresses SET is_default = TRUE WHERE id = $1;

-- name: DeleteAddresses :exec
DELETE FROM addresses WHERE account_id = $1;

-- name: DeleteProofsOf :exec
DELETE FROM account_proofs WHERE account_id = sqlc.arg(account_id)::bigint;

-- name: DeleteAddress :exec
DELETE FROM addresses WHERE id = $1;

-- name: AccountsWithoutRole :many
SELECT a.public_id FROM accounts a WHERE NOT EXISTS (SELECT 1 FROM account_roles r WHERE r.account_id = a.id) ORDER BY a.id LIMIT 100;

-- name: TokensOutliving :many
SELECT DISTINCT a.public_id FROM session_tokens t JOIN accounts a ON a.id = t.account_id WHERE a.state <> 'active' ORDER BY a.public_id LIMIT 100;

-- name: TokensOfOthers :many
SELECT s.public_id FROM session_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.account_id <> t.account_id ORDER BY s.id LIMIT 100;

-- name: AccountsWithoutDefault :many
SELECT a.public_id FROM accounts a
WHERE EXISTS (SELECT 1 FROM addresses d WHERE d.account_id = a.id)
  AND NOT EXISTS (SELECT 1 FROM addresses d WHERE d.account_id = a.id AND d.is_default)
ORDER BY a.id LIMIT 100;

-- name: WordsOfErased :many
SELECT DISTINCT a.public_id FROM accounts a JOIN account_words w ON w.account_id = a.id WHERE a.erased_at IS NOT NULL ORDER BY a.public_id LIMIT 100;

-- name: ErasedWithAddress :many
SELECT a.public_id FROM accounts a WHERE a.erased_at IS NOT NULL AND EXISTS (SELECT 1 FROM addresses d WHERE d.account_id = a.id) ORDER BY a.id LIMIT 100;

-- name: IndexedWithoutWords :many
SELECT a.public_id FROM accounts a
WHERE a.indexed AND a.erased_at IS NULL AND NOT EXISTS (SELECT 1 FROM account_words w WHERE w.account_id = a.id) ORDER BY a.id LIMIT 100;
