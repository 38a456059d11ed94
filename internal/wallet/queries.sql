-- name: InsertCredit :exec
INSERT INTO wallet_credits (public_id, account, amount, currency, reason, actor, created_at)
VALUES (sqlc.arg(public_id), sqlc.arg(account), sqlc.arg(amount), sqlc.arg(currency), sqlc.arg(reason), sqlc.arg(actor), sqlc.arg(created_at));

-- name: Credit :one
SELECT * FROM wallet_credits WHERE public_id = sqlc.arg(public_id);

-- name: CreditsAfter :many
SELECT * FROM wallet_credits WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: InsertTopUp :exec
INSERT INTO wallet_topups (public_id, account_id, account, amount, currency, state, paid_at, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(account_id), sqlc.arg(account), sqlc.arg(amount), sqlc.arg(currency), 'pending', NULL, sqlc.arg(created_at), sqlc.arg(created_at));

-- name: TopUp :one
SELECT * FROM wallet_topups WHERE public_id = sqlc.arg(public_id);

-- name: LockTopUp :one
SELECT * FROM wallet_topups WHERE public_id = sqlc.arg(public_id) FOR UPDATE;

-- name: SetTopUp :execrows
UPDATE wallet_topups SET state = sqlc.arg(state), paid_at = sqlc.narg(paid_at), updated_at = sqlc.arg(updated_at)
WHERE public_id = sqlc.arg(public_id) AND state <> 'paid';

-- What an account has put in, or is about to, since a time.
-- name: TopUpsSince :one
SELECT COALESCE(SUM(amount), 0)::bigint AS total FROM wallet_topups
WHERE account_id = sqlc.arg(account_id) AND created_at > sqlc.arg(since) AND state IN ('pending', 'paid');

-- name: PendingTopUps :one
SELECT COUNT(*) FROM wallet_topups WHERE account_id = sqlc.arg(account_id) AND state = 'pending';

-- name: TopUpsAfter :many
SELECT * FROM wallet_topups WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: InsertPayout :exec
INSERT INTO wallet_payouts (public_id, holder, carried, account_id, account, store_id, store, amount, currency, state, bank, branch, account_name, account_number, note, first_by, decided_by, decided_at,
  settled_by, settled_at, reference, reason, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(holder), sqlc.arg(carried), sqlc.arg(account_id), sqlc.arg(account), sqlc.arg(store_id), sqlc.arg(store), sqlc.arg(amount), sqlc.arg(currency), 'requested', sqlc.arg(bank),
  sqlc.arg(branch), sqlc.arg(account_name), sqlc.arg(account_number), sqlc.arg(note), '', '', NULL, '', NULL, '', '', sqlc.arg(created_at), sqlc.arg(created_at));

-- name: Payout :one
SELECT * FROM wallet_payouts WHERE public_id = sqlc.arg(public_id);

-- name: LockPayout :one
SELECT * FROM wallet_payouts WHERE public_id = sqlc.arg(public_id) FOR UPDATE;

-- name: SetPayout :execrows
UPDATE wallet_payouts SET state = sqlc.arg(state), first_by = sqlc.arg(first_by), decided_by = sqlc.arg(decided_by), decided_at = sqlc.narg(decided_at), settled_by = sqlc.arg(settled_by),
  settled_at = sqlc.narg(settled_at), reference = sqlc.arg(reference), reason = sqlc.arg(reason), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- What was asked for since a time: of a wallet, of what was earned as a courier, or of a store.
-- name: WalletPayoutsSince :one
SELECT COALESCE(SUM(amount), 0)::bigint AS total FROM wallet_payouts
WHERE account_id = sqlc.arg(account_id) AND holder = 'wallet' AND carried = sqlc.arg(carried) AND created_at > sqlc.arg(since) AND state IN ('requested', 'approved', 'settled');

-- name: StorePayoutsSince :one
SELECT COALESCE(SUM(amount), 0)::bigint AS total FROM wallet_payouts
WHERE store_id = sqlc.arg(store_id) AND holder = 'store' AND created_at > sqlc.arg(since) AND state IN ('requested', 'approved', 'settled');

-- name: OpenWalletPayouts :one
SELECT COUNT(*) FROM wallet_payouts WHERE account_id = sqlc.arg(account_id) AND holder = 'wallet' AND carried = sqlc.arg(carried) AND state IN ('requested', 'approved');

-- name: OpenStorePayouts :one
SELECT COUNT(*) FROM wallet_payouts WHERE store_id = sqlc.arg(store_id) AND holder = 'store' AND state IN ('requested', 'approved');

-- name: ApprovedAfter :many
SELECT * FROM wallet_payouts WHERE state = 'approved' AND id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: PayoutsAfter :many
SELECT * FROM wallet_payouts WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: PayoutsInTransit :many
SELECT currency, COALESCE(SUM(amount), 0)::bigint AS total FROM wallet_payouts WHERE state = 'approved' GROUP BY currency ORDER BY currency;

-- name: InsertDebtPayment :exec
INSERT INTO wallet_debt_payments (public_id, store_id, store, source, amount, currency, reference, reference_key, actor, created_at)
VALUES (sqlc.arg(public_id), sqlc.arg(store_id), sqlc.arg(store), sqlc.arg(source), sqlc.arg(amount), sqlc.arg(currency), sqlc.arg(reference), sqlc.narg(reference_key), sqlc.arg(actor), sqlc.arg(created_at));

-- name: DebtPayment :one
SELECT * FROM wallet_debt_payments WHERE public_id = sqlc.arg(public_id);

-- name: DebtPaymentsAfter :many
SELECT * FROM wallet_debt_payments WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);
