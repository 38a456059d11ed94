-- name: InsertPayment :one
INSERT INTO payments (public_id, payable_kind, payable, account_id, account, method, currency, amount, fee, captured, refunded, state, late, cancelled_by, window_until, completed_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, sqlc.arg(captured), 0, sqlc.arg(state), FALSE, '', sqlc.arg(window_until), sqlc.narg(completed_at), sqlc.arg(created_at), sqlc.arg(created_at))
RETURNING id;

-- name: InsertAllocations :batchexec
INSERT INTO payment_allocations (payment_id, order_ref, amount, captured, refunded, dropped) VALUES ($1, $2, $3, $4, 0, FALSE);

-- name: GetPayment :one
SELECT * FROM payments WHERE public_id = $1;

-- name: GetPaymentByID :one
SELECT * FROM payments WHERE id = $1;

-- name: GetPaymentByPayable :one
SELECT * FROM payments WHERE payable_kind = $1 AND payable = $2;

-- name: LockPayment :one
SELECT * FROM payments WHERE id = $1 FOR UPDATE;

-- name: PaymentsByPayables :many
SELECT * FROM payments WHERE payable_kind = $1 AND payable = ANY(sqlc.arg(payables)::text[]);

-- name: Allocations :many
SELECT * FROM payment_allocations WHERE payment_id = $1 ORDER BY id;

-- name: GetAllocation :one
SELECT * FROM payment_allocations WHERE order_ref = $1;

-- name: CaptureAllocations :exec
UPDATE payment_allocations SET captured = amount WHERE payment_id = $1;

-- name: CaptureAllocation :execrows
UPDATE payment_allocations SET captured = amount WHERE order_ref = $1 AND captured = 0 AND NOT dropped;

-- name: DropAllocation :execrows
UPDATE payment_allocations SET dropped = TRUE WHERE order_ref = $1 AND captured = 0 AND NOT dropped;

-- name: RefundAllocation :execrows
UPDATE payment_allocations SET refunded = refunded + sqlc.arg(amount) WHERE order_ref = sqlc.arg(order_ref) AND refunded + sqlc.arg(amount) <= captured;

-- name: SetPaymentState :exec
UPDATE payments SET state = $2, cancelled_by = $3, updated_at = $4 WHERE id = $1;

-- name: SetPaymentRunning :exec
UPDATE payments SET state = 'processing', window_until = $2, updated_at = $3 WHERE id = $1;

-- name: CompletePayment :exec
UPDATE payments SET state = 'completed', method = $2, fee = $3, captured = captured + $4, late = $5, completed_at = $6, updated_at = $6 WHERE id = $1;

-- name: AddCaptured :exec
UPDATE payments SET captured = captured + $2, updated_at = $3 WHERE id = $1;

-- name: AddRefunded :exec
UPDATE payments SET refunded = refunded + $2, updated_at = $3 WHERE id = $1;

-- name: InsertAttempt :one
INSERT INTO payment_attempts (public_id, payment_id, gateway, state, currency, amount, fee, reference, instrument, failure, expires_at, look_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, '', $9, $10, $11, $11)
RETURNING id;

-- name: GetAttempt :one
SELECT * FROM payment_attempts WHERE public_id = $1;

-- name: GetAttemptByID :one
SELECT * FROM payment_attempts WHERE id = $1;

-- name: Attempts :many
SELECT * FROM payment_attempts WHERE payment_id = $1 ORDER BY id DESC LIMIT 50;

-- name: RunningAttempt :one
SELECT * FROM payment_attempts WHERE payment_id = $1 AND state = 'started';

-- name: SucceededAttempt :one
SELECT * FROM payment_attempts WHERE payment_id = $1 AND state = 'succeeded';

-- name: CountAttempts :one
SELECT COUNT(*) FROM payment_attempts WHERE payment_id = $1;

-- name: SetAttempt :exec
UPDATE payment_attempts SET state = $2, reference = COALESCE(sqlc.narg(reference), reference), failure = $3, updated_at = $4 WHERE id = $1;

-- name: LookLater :exec
UPDATE payment_attempts SET look_at = $2, reference = COALESCE(sqlc.narg(reference), reference), updated_at = $3 WHERE id = $1 AND state = 'started';

-- name: AttemptsToLook :many
SELECT public_id FROM payment_attempts WHERE state = 'started' AND look_at <= $1 ORDER BY look_at, id LIMIT 50;

-- name: PaymentsOverdue :many
SELECT id, payable_kind, payable FROM payments WHERE state IN ('pending', 'processing') AND window_until <= $1 ORDER BY window_until, id LIMIT 50;

-- name: CountOverdue :one
SELECT COUNT(*) FROM (SELECT 1 FROM payments WHERE state IN ('pending', 'processing') AND window_until <= $1 ORDER BY window_until LIMIT 1000) AS overdue;

-- name: InsertRefund :one
INSERT INTO refunds (public_id, payment_id, attempt_id, order_ref, reference, currency, amount, fee, reason, destination, state, failure, provider_reference, created_at, updated_at)
VALUES ($1, $2, sqlc.narg(attempt_id), $3, $4, $5, $6, $7, $8, $9, $10, '', '', $11, $11)
RETURNING id;

-- name: GetRefundByReference :one
SELECT * FROM refunds WHERE reference = $1;

-- name: LockRefund :one
SELECT * FROM refunds WHERE public_id = $1 FOR UPDATE;

-- name: SetRefund :exec
UPDATE refunds SET state = $2, failure = $3, provider_reference = $4, updated_at = $5 WHERE id = $1;

-- name: Refunds :many
SELECT * FROM refunds WHERE payment_id = $1 ORDER BY id LIMIT 200;

-- name: InsertTestCharge :exec
INSERT INTO test_charges (attempt, currency, amount, outcome, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: GetTestCharge :one
SELECT * FROM test_charges WHERE attempt = $1;

-- name: LockTestCharge :one
SELECT * FROM test_charges WHERE attempt = $1 FOR UPDATE;

-- name: TestRefunded :one
SELECT COALESCE(SUM(amount), 0)::bigint FROM test_refunds WHERE charge_id = $1;

-- name: GetTestRefund :one
SELECT * FROM test_refunds WHERE refund = $1;

-- name: InsertTestRefund :exec
INSERT INTO test_refunds (refund, charge_id, amount, created_at) VALUES ($1, $2, $3, $4);

-- name: VerifyPayments :many
SELECT p.id, p.public_id, p.state, p.method, p.amount, p.fee, p.captured, p.refunded,
  COALESCE(SUM(a.amount), 0)::bigint AS allocated, COALESCE(SUM(a.captured), 0)::bigint AS allocated_captured, COALESCE(SUM(a.refunded), 0)::bigint AS allocated_refunded
FROM payments p LEFT JOIN payment_allocations a ON a.payment_id = p.id
WHERE p.id > $1 GROUP BY p.id, p.public_id, p.state, p.method, p.amount, p.fee, p.captured, p.refunded ORDER BY p.id LIMIT 1000;

-- name: VerifyRefunds :many
SELECT p.id, p.public_id, p.refunded, p.fee, COALESCE(SUM(r.amount) FILTER (WHERE r.order_ref <> ''), 0)::bigint AS refund_amount,
  COALESCE(SUM(r.fee) FILTER (WHERE r.order_ref <> ''), 0)::bigint AS refund_fee
FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id
WHERE p.id > $1 GROUP BY p.id, p.public_id, p.refunded, p.fee ORDER BY p.id LIMIT 1000;

-- name: VerifySucceeded :many
SELECT p.id, p.public_id, p.state, p.method, p.fee, p.amount, COUNT(a.id) AS succeeded, COALESCE(SUM(a.fee), 0)::bigint AS attempt_fee, COALESCE(SUM(a.amount), 0)::bigint AS attempt_amount
FROM payments p LEFT JOIN payment_attempts a ON a.payment_id = p.id AND a.state = 'succeeded'
WHERE p.id > $1 GROUP BY p.id, p.public_id, p.state, p.method, p.fee, p.amount ORDER BY p.id LIMIT 1000;

-- name: VerifyAttempts :many
SELECT id, public_id, state, amount, fee FROM payment_attempts WHERE id > $1 ORDER BY id LIMIT 1000;

-- name: VerifyRefundDocs :many
SELECT id, public_id, state, order_ref, reference, amount, fee FROM refunds WHERE id > $1 ORDER BY id LIMIT 1000;
