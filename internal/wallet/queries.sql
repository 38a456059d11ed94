-- name: InsertCredit :exec
INSERT INTO wallet_credits (public_id, account, amount, currency, reason, actor, created_at)
VALUES (sqlc.arg(public_id), sqlc.arg(account), sqlc.arg(amount), sqlc.arg(currency), sqlc.arg(reason), sqlc.arg(actor), sqlc.arg(created_at));

-- name: Credit :one
SELECT * FROM wallet_credits WHERE public_id = sqlc.arg(public_id);

-- name: CreditsAfter :many
SELECT * FROM wallet_credits WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);
