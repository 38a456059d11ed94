-- name: OpenAccount :batchexec
INSERT INTO ledger_accounts (key, kind, owner, book, currency, guarded, balance, held, floor, created_at)
VALUES (sqlc.arg(key), sqlc.arg(kind), sqlc.arg(owner), sqlc.arg(book), sqlc.arg(currency), sqlc.arg(guarded), 0, 0, sqlc.arg(floor), sqlc.arg(created_at))
ON CONFLICT (key) DO NOTHING;

-- The locks that the checks of Post rest on, taken in the order of keys. One statement for each account: PostgreSQL
-- plans a list anew each time, one key once for all.
-- name: LockGuarded :batchone
SELECT key, balance, held, floor FROM ledger_accounts WHERE key = sqlc.arg(key) AND guarded FOR UPDATE;

-- The accounts are looked up by the statement that uses them, so that no cache of their ids can be wrong.
-- No row: the leg is booked already, or an account is missing. How many there were says enough: RETURNING costs the embedded
-- engine more than the row.
-- name: InsertTransfer :batchexec
INSERT INTO ledger_transfers (reference, leg, posting, kind, from_id, to_id, amount, currency, subject, created_at)
SELECT sqlc.arg(reference)::text, sqlc.arg(leg)::bigint, sqlc.arg(posting)::text, sqlc.arg(kind)::text, f.id, t.id,
       sqlc.arg(amount)::bigint, sqlc.arg(currency)::text, sqlc.arg(subject)::text, sqlc.arg(created_at)::bigint
FROM ledger_accounts f JOIN ledger_accounts t ON t.key = sqlc.arg(to_key)::text
WHERE f.key = sqlc.arg(from_key)::text
ON CONFLICT (reference, leg) DO NOTHING;

-- name: TransfersOfReference :many
SELECT t.id, t.leg, t.posting, t.kind, t.amount, t.subject, f.key AS from_key, g.key AS to_key
FROM ledger_transfers t JOIN ledger_accounts f ON f.id = t.from_id JOIN ledger_accounts g ON g.id = t.to_id
WHERE t.reference = sqlc.arg(reference)
ORDER BY t.leg;

-- The guard of every guarded account: money that is not there, or is held, does not leave.
-- name: MoveGuarded :batchexec
UPDATE ledger_accounts SET balance = balance + sqlc.arg(delta)::bigint
WHERE key = sqlc.arg(key) AND guarded AND balance + sqlc.arg(delta)::bigint <= 10000000000000
  AND (sqlc.arg(delta)::bigint >= 0
    OR balance - held + sqlc.arg(delta)::bigint >= floor * sqlc.arg(debt)::bigint);

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

-- name: LockAccounts :many
SELECT id FROM ledger_accounts WHERE id = ANY(sqlc.arg(ids)::bigint[]) ORDER BY key FOR UPDATE;

-- name: DueHolds :many
SELECT id, account_id FROM ledger_holds WHERE state = 'open' AND expires_at <= sqlc.arg(now)::bigint
ORDER BY expires_at NULLS LAST, id LIMIT sqlc.arg(max_rows);

-- name: ExpireHolds :many
UPDATE ledger_holds SET state = 'expired', ended_at = sqlc.arg(ended_at)::bigint
WHERE id = ANY(sqlc.arg(ids)::bigint[]) AND state = 'open'
RETURNING account_id, amount;

-- name: SetFreeMany :batchexec
UPDATE ledger_accounts SET held = held - sqlc.arg(amount) WHERE id = sqlc.arg(id);

-- name: Position :one
SELECT transfer_id FROM ledger_positions WHERE name = sqlc.arg(name);

-- name: PutPosition :exec
INSERT INTO ledger_positions (name, transfer_id, updated_at) VALUES (sqlc.arg(name), sqlc.arg(transfer_id), sqlc.arg(updated_at))
ON CONFLICT (name) DO UPDATE SET transfer_id = excluded.transfer_id, updated_at = excluded.updated_at;

-- name: Unfolded :many
SELECT t.id, t.amount, t.created_at,
       f.book AS from_book, f.kind AS from_kind, f.currency AS from_currency,
       g.book AS to_book, g.kind AS to_kind, g.currency AS to_currency
FROM ledger_transfers t JOIN ledger_accounts f ON f.id = t.from_id JOIN ledger_accounts g ON g.id = t.to_id
WHERE t.id > sqlc.arg(after)::bigint
ORDER BY t.id LIMIT sqlc.arg(max_rows);

-- name: Fold :batchexec
INSERT INTO ledger_checkpoints (book, kind, currency, came_in, went_out, updated_at)
VALUES (sqlc.arg(book), sqlc.arg(kind), sqlc.arg(currency), sqlc.arg(came_in), sqlc.arg(went_out), sqlc.arg(updated_at))
ON CONFLICT (book) DO UPDATE SET came_in = ledger_checkpoints.came_in + excluded.came_in,
    went_out = ledger_checkpoints.went_out + excluded.went_out, updated_at = excluded.updated_at;

-- name: Checkpoints :many
SELECT book, kind, currency, came_in, went_out FROM ledger_checkpoints ORDER BY book;

-- name: LastTransfer :one
SELECT COALESCE(MAX(id), 0)::bigint FROM ledger_transfers;

-- name: TransferTime :one
SELECT created_at FROM ledger_transfers WHERE id = sqlc.arg(id);

-- name: TailCameIn :many
SELECT a.book, a.kind, a.currency, COALESCE(SUM(t.amount), 0)::bigint AS total
FROM ledger_transfers t JOIN ledger_accounts a ON a.id = t.to_id
WHERE t.id > sqlc.arg(after)::bigint AND t.id <= sqlc.arg(upto)::bigint
GROUP BY a.book, a.kind, a.currency;

-- name: TailWentOut :many
SELECT a.book, a.kind, a.currency, COALESCE(SUM(t.amount), 0)::bigint AS total
FROM ledger_transfers t JOIN ledger_accounts a ON a.id = t.from_id
WHERE t.id > sqlc.arg(after)::bigint AND t.id <= sqlc.arg(upto)::bigint
GROUP BY a.book, a.kind, a.currency;

-- The two sides of a statement; the service joins them in the order of ids.
-- name: StatementIn :many
SELECT t.id, t.reference, t.leg, t.posting, t.kind, t.amount, t.subject, t.created_at, a.key AS other
FROM ledger_transfers t JOIN ledger_accounts a ON a.id = t.from_id
WHERE t.to_id = sqlc.arg(account_id) AND t.id < sqlc.arg(before)::bigint
ORDER BY t.id DESC LIMIT sqlc.arg(max_rows);

-- name: StatementOut :many
SELECT t.id, t.reference, t.leg, t.posting, t.kind, t.amount, t.subject, t.created_at, a.key AS other
FROM ledger_transfers t JOIN ledger_accounts a ON a.id = t.to_id
WHERE t.from_id = sqlc.arg(account_id) AND t.id < sqlc.arg(before)::bigint
ORDER BY t.id DESC LIMIT sqlc.arg(max_rows);

-- What follows is for verify: it reads everything, in pieces.

-- name: AccountsAfter :many
SELECT * FROM ledger_accounts WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: OpenHolds :many
SELECT account_id, COALESCE(SUM(amount), 0)::bigint AS total
FROM ledger_holds WHERE account_id = ANY(sqlc.arg(ids)::bigint[]) AND state = 'open'
GROUP BY account_id;

-- name: Shapes :many
SELECT t.posting, t.kind, f.kind AS from_kind, g.kind AS to_kind, t.currency, f.currency AS from_currency,
       g.currency AS to_currency, COUNT(*) AS transfers, COALESCE(MIN(t.id), 0)::bigint AS first_id
FROM ledger_transfers t JOIN ledger_accounts f ON f.id = t.from_id JOIN ledger_accounts g ON g.id = t.to_id
WHERE t.id > sqlc.arg(after)::bigint AND t.id <= sqlc.arg(upto)::bigint
GROUP BY t.posting, t.kind, f.kind, g.kind, t.currency, f.currency, g.currency;

-- name: Homeless :many
SELECT t.id FROM ledger_transfers t
LEFT JOIN ledger_accounts f ON f.id = t.from_id LEFT JOIN ledger_accounts g ON g.id = t.to_id
WHERE f.id IS NULL OR g.id IS NULL
ORDER BY t.id LIMIT 100;

-- name: TornReferences :many
SELECT reference FROM ledger_transfers GROUP BY reference HAVING COUNT(*) <> MAX(leg) ORDER BY reference LIMIT 100;

-- name: UnbookedHolds :many
SELECT h.reference, h.posted, COALESCE(SUM(t.amount), 0)::bigint AS booked
FROM ledger_holds h LEFT JOIN ledger_transfers t ON t.reference = h.reference AND t.from_id = h.account_id
WHERE h.state = 'posted'
GROUP BY h.id, h.reference, h.posted
HAVING COALESCE(SUM(t.amount), 0)::bigint <> h.posted
ORDER BY h.id LIMIT 100;

-- name: BookedAs :many
SELECT reference, COALESCE(SUM(amount), 0)::bigint AS total FROM ledger_transfers
WHERE reference = ANY(sqlc.arg(refs)::text[]) AND kind = sqlc.arg(kind) GROUP BY reference;

-- name: BookedUnder :many
SELECT reference, COALESCE(SUM(amount), 0)::bigint AS total FROM ledger_transfers WHERE reference = ANY(sqlc.arg(refs)::text[]) GROUP BY reference;

-- name: TransfersUnder :many
SELECT t.reference, t.leg, t.posting, t.kind, f.key AS from_key, g.key AS to_key, t.amount, t.currency, t.subject, t.created_at
FROM ledger_transfers t JOIN ledger_accounts f ON f.id = t.from_id JOIN ledger_accounts g ON g.id = t.to_id
WHERE t.reference = ANY(sqlc.arg(refs)::text[]) ORDER BY t.reference, t.leg;

-- name: GuardedBalances :many
SELECT key, balance, held FROM ledger_accounts WHERE key = ANY(sqlc.arg(keys)::text[]) AND guarded ORDER BY id;

-- name: OpenHoldsAfter :many
SELECT h.id, h.reference, a.key, h.amount FROM ledger_holds h JOIN ledger_accounts a ON a.id = h.account_id
WHERE h.id > sqlc.arg(after)::bigint AND h.state = 'open' ORDER BY h.id LIMIT sqlc.arg(max_rows);
