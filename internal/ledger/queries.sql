-- name: OpenAccount :batchexec
INSERT INTO ledger_accounts (key, kind, owner, book, currency, guarded, balance, held, floor, created_at)
VALUES (sqlc.arg(key), sqlc.arg(kind), sqlc.arg(owner), sqlc.arg(book), sqlc.arg(currency), sqlc.arg(guarded), 0, 0, sqlc.arg(floor), sqlc.arg(created_at))
ON CONFLICT (key) DO NOTHING;

-- The locks that the checks of Post rest on, taken in the order of ids.
-- name: LockGuarded :many
SELECT id, key, balance, held, floor FROM ledger_accounts
WHERE key = ANY(sqlc.arg(keys)::text[]) AND guarded
ORDER BY id FOR UPDATE;

-- The accounts are looked up by the statement that uses them, so that no cache of their ids can be wrong.
-- No row: the leg is booked already, or an account is missing.
-- name: InsertTransfer :batchone
INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at)
SELECT sqlc.arg(reference)::text, sqlc.arg(leg)::bigint, sqlc.arg(posting)::text, sqlc.arg(kind)::text, f.id, t.id,
       sqlc.arg(amount)::bigint, sqlc.arg(currency)::text, sqlc.arg(subject)::text, sqlc.arg(created_at)::bigint
FROM ledger_accounts f JOIN ledger_accounts t ON t.key = sqlc.arg(to_key)::text
WHERE f.key = sqlc.arg(from_key)::text
ON CONFLICT (reference, leg) DO NOTHING
RETURNING id, from_id, to_id;

-- name: TransfersOfReference :many
SELECT t.id, t.leg, t.posting, t.kind, t.amount, t.subject, f.key AS from_key, g.key AS to_key
FROM ledger_transfers t JOIN ledger_accounts f ON f.id = t.from_id JOIN ledger_accounts g ON g.id = t.to_id
WHERE t.reference = sqlc.arg(reference)
ORDER BY t.leg;

-- The guard of every guarded account: money that is not there, or is held, does not leave.
-- name: MoveGuarded :batchone
UPDATE ledger_accounts SET balance = balance + sqlc.arg(delta)::bigint
WHERE id = sqlc.arg(id) AND guarded AND balance + sqlc.arg(delta)::bigint <= 10000000000000
  AND (sqlc.arg(delta)::bigint >= 0
    OR balance - held + sqlc.arg(delta)::bigint >= floor * sqlc.arg(debt)::bigint)
RETURNING balance;

-- name: Account :one
SELECT * FROM ledger_accounts WHERE key = sqlc.arg(key);

-- name: AccountIDs :many
SELECT id, key FROM ledger_accounts WHERE key = ANY(sqlc.arg(keys)::text[]);

-- name: LockAccount :one
SELECT id, balance, held FROM ledger_accounts WHERE key = sqlc.arg(key) AND guarded FOR UPDATE;

-- name: Checkpoint :one
SELECT c.came_in, c.went_out, p.transfer_id
FROM ledger_checkpoints c JOIN ledger_positions p ON p.name = 'checkpoints'
WHERE c.book = sqlc.arg(book);

-- name: CameIn :many
SELECT to_id AS account_id, COALESCE(SUM(amount), 0)::bigint AS total
FROM ledger_transfers WHERE to_id = ANY(sqlc.arg(ids)::bigint[]) AND id > sqlc.arg(after)::bigint
GROUP BY to_id;

-- name: WentOut :many
SELECT from_id AS account_id, COALESCE(SUM(amount), 0)::bigint AS total
FROM ledger_transfers WHERE from_id = ANY(sqlc.arg(ids)::bigint[]) AND id > sqlc.arg(after)::bigint
GROUP BY from_id;

-- name: HoldFor :one
INSERT INTO ledger_holds (reference, account_id, amount, posted, state, subject, expires_at, created_at)
VALUES (sqlc.arg(reference), sqlc.arg(account_id), sqlc.arg(amount), 0, 'open', sqlc.arg(subject), sqlc.narg(expires_at), sqlc.arg(created_at))
ON CONFLICT (reference) DO NOTHING
RETURNING id;

-- name: HoldOfReference :one
SELECT h.id, h.account_id, h.amount, h.posted, h.state, h.subject, h.expires_at, a.key
FROM ledger_holds h JOIN ledger_accounts a ON a.id = h.account_id
WHERE h.reference = sqlc.arg(reference);

-- name: EndHold :execrows
UPDATE ledger_holds SET state = sqlc.arg(state), posted = sqlc.arg(posted), ended_at = sqlc.arg(ended_at)
WHERE id = sqlc.arg(id) AND state = 'open';

-- Sets money aside only when it is there.
-- name: SetAside :execrows
UPDATE ledger_accounts SET held = held + sqlc.arg(amount)
WHERE id = sqlc.arg(id) AND guarded AND balance - held >= sqlc.arg(amount);

-- name: SetFree :execrows
UPDATE ledger_accounts SET held = held - sqlc.arg(amount) WHERE id = sqlc.arg(id);
