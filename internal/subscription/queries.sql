-- name: Plans :many
SELECT * FROM plans ORDER BY id LIMIT 200;

-- name: Plan :one
SELECT * FROM plans WHERE public_id = $1;

-- name: TrialPlan :one
SELECT * FROM plans WHERE trial AND active;

-- name: InsertPlan :exec
INSERT INTO plans (public_id, code, name, description, days, price, areas, trial, active, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, FALSE, TRUE, $8, $8);

-- name: UpdatePlan :execrows
UPDATE plans SET name = sqlc.arg(name), description = sqlc.arg(description), days = sqlc.arg(days), price = sqlc.arg(price), areas = sqlc.arg(areas), active = sqlc.arg(active), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id);

-- name: CountPlans :one
SELECT COUNT(*) FROM plans;

-- name: InsertSubscription :exec
INSERT INTO subscriptions (public_id, store_id, owner_id, account, plan_id, plan_code, plan_name, days, areas, price, currency, trial, tax_number, upgrade, state, reason, starts_at, ends_at, due_at, reminded, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(store_id), sqlc.arg(owner_id), sqlc.arg(account), sqlc.arg(plan_id), sqlc.arg(plan_code), sqlc.arg(plan_name), sqlc.arg(days), sqlc.arg(areas), sqlc.arg(price),
  sqlc.arg(currency), sqlc.arg(trial), sqlc.arg(tax_number), sqlc.arg(upgrade), sqlc.arg(state), '', sqlc.narg(starts_at), sqlc.narg(ends_at), sqlc.narg(due_at), FALSE, sqlc.arg(now), sqlc.arg(now));

-- name: AnyOfStore :one
SELECT EXISTS (SELECT 1 FROM subscriptions WHERE store_id = $1);

-- name: HadTrial :one
SELECT EXISTS (SELECT 1 FROM subscriptions WHERE trial AND (owner_id = sqlc.arg(owner_id) OR (tax_number <> '' AND tax_number = sqlc.arg(tax_number))));

-- name: RunningAt :one
SELECT * FROM subscriptions WHERE store_id = sqlc.arg(store_id) AND state = 'active' AND starts_at <= sqlc.arg(now)::bigint AND ends_at > sqlc.arg(now)::bigint ORDER BY ends_at LIMIT 1;

-- name: PaidFor :many
SELECT starts_at, ends_at FROM subscriptions WHERE store_id = sqlc.arg(store_id) AND state = 'active' AND ends_at > sqlc.arg(now)::bigint ORDER BY ends_at;

-- name: LastEnd :one
SELECT COALESCE(MAX(ends_at), 0)::bigint FROM subscriptions WHERE store_id = $1 AND state = 'active';

-- name: ActiveOf :many
SELECT * FROM subscriptions WHERE store_id = $1 AND state = 'active' ORDER BY id FOR UPDATE;

-- name: PendingOf :one
SELECT * FROM subscriptions WHERE store_id = $1 AND state = 'pending';

-- name: LastOf :one
SELECT * FROM subscriptions WHERE store_id = $1 ORDER BY id DESC LIMIT 1;

-- name: Subscription :one
SELECT * FROM subscriptions WHERE public_id = $1;

-- name: LockSubscription :one
SELECT * FROM subscriptions WHERE public_id = $1 FOR UPDATE;

-- name: SetState :execrows
UPDATE subscriptions SET state = sqlc.arg(state), reason = sqlc.arg(reason), starts_at = sqlc.narg(starts_at), ends_at = sqlc.narg(ends_at), due_at = sqlc.narg(due_at), updated_at = sqlc.arg(updated_at)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(was);

-- name: Due :many
SELECT * FROM subscriptions WHERE state = 'active' AND due_at <= sqlc.arg(now)::bigint ORDER BY due_at, id LIMIT 50;

-- name: Begun :execrows
UPDATE subscriptions SET due_at = sqlc.arg(due_at)::bigint, updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = 'active' AND NOT reminded;

-- name: Reminded :execrows
UPDATE subscriptions SET reminded = TRUE, due_at = ends_at, updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = 'active' AND NOT reminded;

-- name: VerifyAfter :many
SELECT s.*, (SELECT COUNT(*) FROM subscriptions AS o WHERE o.store_id = s.store_id AND o.id < s.id AND o.starts_at < s.ends_at AND o.ends_at > s.starts_at) AS overlaps
FROM subscriptions AS s WHERE s.id > sqlc.arg(after)::bigint ORDER BY s.id LIMIT 500;
