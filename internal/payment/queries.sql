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

-- Whom a payment is from and what it is for, which never changes.
-- name: PayableOf :one
SELECT id, account_id, payable_kind, payable FROM payments WHERE public_id = $1;

-- name: PayableOfAttempt :one
SELECT a.id, a.payment_id, p.payable_kind, p.payable FROM payment_attempts AS a JOIN payments AS p ON p.id = a.payment_id WHERE a.public_id = $1;

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

-- name: ClaimPayment :exec
UPDATE payments SET account_id = sqlc.arg(account_id), account = sqlc.arg(account) WHERE id = sqlc.arg(id) AND account_id = 0;

-- name: InsertAttempt :one
INSERT INTO payment_attempts (public_id, payment_id, gateway, state, currency, amount, fee, reference, instrument, failure, expires_at, look_at, created_at, updated_at, choice, bank, watched, fingerprint)
VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8, '', $9, $10, $11, $11, sqlc.arg(choice), sqlc.arg(bank), sqlc.arg(watched), sqlc.arg(fingerprint))
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
UPDATE payment_attempts SET state = sqlc.arg(state), reference = COALESCE(sqlc.narg(reference), reference), failure = sqlc.arg(failure), watched = sqlc.arg(watched),
  look_at = sqlc.arg(look_at), updated_at = sqlc.arg(updated_at), fingerprint = COALESCE(NULLIF(sqlc.arg(fingerprint)::text, ''), fingerprint) WHERE id = sqlc.arg(id);

-- name: SetAttemptWaiting :exec
UPDATE payment_attempts SET reference = COALESCE(sqlc.narg(reference), reference), next = sqlc.arg(next), expires_at = sqlc.arg(expires_at), look_at = sqlc.arg(look_at),
  updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id);

-- name: LookLater :exec
UPDATE payment_attempts SET look_at = sqlc.arg(look_at), watched = sqlc.arg(watched) WHERE id = sqlc.arg(id) AND watched;

-- name: AttemptsToLook :many
SELECT public_id, gateway FROM payment_attempts WHERE watched AND look_at <= $1 ORDER BY look_at, id LIMIT 50;

-- name: PutOffAttempt :exec
UPDATE payment_attempts SET look_at = sqlc.arg(look_at) WHERE public_id = sqlc.arg(public_id);

-- name: PutOffGateway :exec
UPDATE payment_attempts SET look_at = sqlc.arg(look_at) WHERE watched AND look_at <= sqlc.arg(now) AND gateway = sqlc.arg(gateway);

-- name: AttemptByReference :one
SELECT public_id FROM payment_attempts WHERE gateway = $1 AND reference = sqlc.arg(reference)::text;

-- name: GatewaySettings :many
SELECT * FROM gateway_settings ORDER BY name LIMIT 100;

-- name: GetGatewaySettings :one
SELECT * FROM gateway_settings WHERE name = $1;

-- name: PutGatewaySettings :exec
INSERT INTO gateway_settings (name, enabled, fee_fixed, fee_bp, min_amount, max_amount, second_above, currencies, details, version, updated_at)
VALUES ($1, sqlc.narg(enabled), sqlc.narg(fee_fixed), sqlc.narg(fee_bp), sqlc.narg(min_amount), sqlc.narg(max_amount), sqlc.narg(second_above), sqlc.arg(currencies), sqlc.arg(details), 1, sqlc.arg(updated_at))
ON CONFLICT (name) DO UPDATE SET enabled = excluded.enabled, fee_fixed = excluded.fee_fixed, fee_bp = excluded.fee_bp, min_amount = excluded.min_amount,
  max_amount = excluded.max_amount, second_above = excluded.second_above, currencies = excluded.currencies, details = excluded.details,
  version = gateway_settings.version + 1, updated_at = excluded.updated_at;

-- name: InsertMessage :execrows
INSERT INTO gateway_messages (public_id, gateway, event, attempt, reference, state, resolved_by, note, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, '', '', $7, $7) ON CONFLICT (gateway, event) DO NOTHING;

-- name: GetMessage :one
SELECT * FROM gateway_messages WHERE public_id = $1;

-- name: ResolveMessage :execrows
UPDATE gateway_messages SET state = 'resolved', resolved_by = $2, note = $3, updated_at = $4 WHERE public_id = $1 AND state = 'unknown';

-- name: InsertProof :exec
INSERT INTO payment_proofs (public_id, payment_id, attempt_id, state, reference, reference_key, note, image, first_by, first_at, decided_by, decided_at, reason, created_at, updated_at)
VALUES ($1, $2, $3, 'submitted', $4, NULL, $5, NULL, '', NULL, '', NULL, '', $6, $6);

-- name: ChangeProof :execrows
UPDATE payment_proofs SET reference = $2, note = $3, updated_at = $4 WHERE id = $1 AND state = 'submitted' AND first_by = '';

-- name: SetProofImage :execrows
UPDATE payment_proofs SET image = sqlc.arg(image)::text, updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = 'submitted' AND first_by = '';

-- name: ProofOfAttempt :one
SELECT * FROM payment_proofs WHERE attempt_id = $1;

-- name: ProofByAttempt :one
SELECT p.state, p.reference, p.reason, a.amount, a.fee, a.currency FROM payment_proofs p JOIN payment_attempts a ON a.id = p.attempt_id WHERE a.public_id = $1;

-- name: ProofsOfPayment :many
SELECT * FROM payment_proofs WHERE payment_id = $1 ORDER BY id LIMIT 50;

-- name: GetProof :one
SELECT p.*, a.public_id AS attempt, a.gateway, a.amount, a.fee, a.currency, y.public_id AS payment, y.account, y.account_id
FROM payment_proofs p JOIN payment_attempts a ON a.id = p.attempt_id JOIN payments y ON y.id = p.payment_id WHERE p.public_id = $1;

-- name: ProofByID :one
SELECT * FROM payment_proofs WHERE public_id = $1;

-- name: ProofCases :many
SELECT p.id, a.public_id AS attempt, a.gateway, a.amount, a.fee, a.currency, y.public_id AS payment, y.account
FROM payment_proofs p JOIN payment_attempts a ON a.id = p.attempt_id JOIN payments y ON y.id = p.payment_id WHERE p.id = ANY(sqlc.arg(ids)::bigint[]);

-- name: FirstApproval :execrows
UPDATE payment_proofs SET first_by = $2, first_at = $3, reference = $4, updated_at = $3 WHERE id = $1 AND state = 'submitted' AND first_by = '';

-- name: ApproveProof :execrows
UPDATE payment_proofs SET state = 'approved', reference = sqlc.arg(reference), reference_key = sqlc.arg(reference), decided_by = sqlc.arg(decided_by),
  decided_at = sqlc.arg(now), updated_at = sqlc.arg(now) WHERE id = sqlc.arg(id) AND state = 'submitted';

-- name: RejectProof :execrows
UPDATE payment_proofs SET state = 'rejected', reason = $2, decided_by = $3, decided_at = sqlc.arg(now), updated_at = sqlc.arg(now), first_by = '' WHERE id = $1 AND state = 'submitted';

-- name: LastTransfer :one
SELECT * FROM payment_attempts WHERE payment_id = $1 AND gateway = ANY(sqlc.arg(gateways)::text[]) AND state IN ('started', 'expired', 'failed') ORDER BY id DESC LIMIT 1;

-- name: VerifyProofs :many
SELECT p.id, p.public_id, p.state, p.first_by, p.decided_by, a.state AS attempt_state, a.amount, a.fee, a.gateway
FROM payment_proofs p JOIN payment_attempts a ON a.id = p.attempt_id WHERE p.id > $1 ORDER BY p.id LIMIT 1000;

-- name: PaymentsOverdue :many
SELECT id, payable_kind, payable FROM payments WHERE state IN ('pending', 'processing') AND window_until <= $1 ORDER BY window_until, id LIMIT 50;

-- name: CountOverdue :one
SELECT COUNT(*) FROM (SELECT 1 FROM payments WHERE state IN ('pending', 'processing') AND window_until <= $1 ORDER BY window_until LIMIT 1000) AS overdue;

-- name: InsertRefund :one
INSERT INTO refunds (public_id, payment_id, attempt_id, order_ref, reference, currency, amount, fee, reason, destination, state, failure, provider_reference, created_at, updated_at, account_id, store_id)
VALUES ($1, $2, sqlc.narg(attempt_id), $3, $4, $5, $6, $7, $8, $9, $10, sqlc.arg(failure), '', $11, $11, sqlc.arg(account_id), sqlc.arg(store_id))
RETURNING id;

-- name: GetRefundByReference :one
SELECT * FROM refunds WHERE reference = $1;

-- name: LockRefund :one
SELECT * FROM refunds WHERE public_id = $1 FOR UPDATE;

-- name: SetRefund :exec
UPDATE refunds SET state = $2, failure = $3, provider_reference = $4, updated_at = $5, destination = $6 WHERE id = $1;

-- name: GetRefund :one
SELECT * FROM refunds WHERE public_id = $1;

-- name: RefundsOfOrder :many
SELECT * FROM refunds WHERE order_ref = $1 ORDER BY id LIMIT 500;

-- name: RefundsOfOrders :many
SELECT public_id, order_ref FROM refunds WHERE order_ref = ANY(sqlc.arg(orders)::text[]) ORDER BY id;

-- name: SettleRefund :execrows
UPDATE refunds SET state = 'completed', destination = sqlc.arg(destination), provider_reference = sqlc.arg(provider_reference), settled_by = sqlc.arg(settled_by),
  updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = 'failed';

-- name: ClaimRefunds :exec
UPDATE refunds SET account_id = sqlc.arg(account_id) WHERE payment_id = sqlc.arg(payment_id) AND account_id = 0;

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

-- name: CapturedOf :many
SELECT order_ref, captured, refunded FROM payment_allocations WHERE order_ref = ANY(sqlc.arg(orders)::text[]);

-- name: VerifyRefundDocs :many
SELECT id, public_id, state, order_ref, reference, amount, fee FROM refunds WHERE id > $1 ORDER BY id LIMIT 1000;

-- name: ReduceAllocation :execrows
UPDATE payment_allocations SET amount = amount - sqlc.arg(by)::bigint WHERE order_ref = sqlc.arg(order_ref) AND captured = 0 AND NOT dropped AND amount > sqlc.arg(by)::bigint;

-- name: ReducePayment :execrows
UPDATE payments SET amount = amount - sqlc.arg(by)::bigint, updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND amount - sqlc.arg(by)::bigint >= captured;

-- name: LastPayment :one
SELECT COALESCE(MAX(id), 0)::bigint FROM payments;

-- name: PaymentFrom :one
SELECT id, created_at FROM payments WHERE id >= sqlc.arg(id) ORDER BY id LIMIT 1;

-- name: CapturingAttempts :many
SELECT payment_id, public_id FROM payment_attempts WHERE payment_id = ANY(sqlc.arg(payments)::bigint[]) AND state = 'succeeded';

-- name: AttemptsSettled :many
SELECT public_id, gateway, reference, currency, amount, fee, updated_at FROM payment_attempts
WHERE gateway = sqlc.arg(gateway) AND (state = 'succeeded' OR state = 'duplicate') AND updated_at >= sqlc.arg(since)::bigint AND updated_at < sqlc.arg(before)::bigint
ORDER BY updated_at, id LIMIT sqlc.arg(max_rows);

-- name: AttemptsNamed :many
SELECT public_id, gateway, reference, currency, amount, fee, state, updated_at FROM payment_attempts
WHERE public_id = ANY(sqlc.arg(ids)::text[]) ORDER BY id;

-- name: AttemptsReferred :many
SELECT public_id, gateway, reference, currency, amount, fee, state, updated_at FROM payment_attempts
WHERE gateway = sqlc.arg(gateway) AND reference = ANY(sqlc.arg(refs)::text[]) ORDER BY id;

-- name: RefundsSettled :many
SELECT r.public_id, r.provider_reference, r.currency, r.amount, r.fee, r.updated_at FROM refunds r JOIN payment_attempts a ON a.id = r.attempt_id
WHERE r.state = 'completed' AND r.destination = 'source' AND r.settled_by = '' AND a.gateway = sqlc.arg(gateway) AND r.updated_at >= sqlc.arg(since)::bigint AND r.updated_at < sqlc.arg(before)::bigint
ORDER BY r.updated_at, r.id LIMIT sqlc.arg(max_rows);

-- name: RefundsNamed :many
SELECT r.public_id, r.provider_reference, a.gateway, r.currency, r.amount, r.fee, r.state, r.destination, r.updated_at FROM refunds r JOIN payment_attempts a ON a.id = r.attempt_id
WHERE r.public_id = ANY(sqlc.arg(ids)::text[]) ORDER BY r.id;

-- name: RefundsReferred :many
SELECT r.public_id, r.provider_reference, a.gateway, r.currency, r.amount, r.fee, r.state, r.destination, r.updated_at FROM refunds r JOIN payment_attempts a ON a.id = r.attempt_id
WHERE r.provider_reference <> '' AND r.provider_reference = ANY(sqlc.arg(refs)::text[]) ORDER BY r.id;

-- Transfers that were begun a while ago and of which the payer said nothing since.
-- name: QuietTransfers :many
SELECT a.id, a.public_id, p.public_id AS payment FROM payment_attempts a JOIN payments p ON p.id = a.payment_id
WHERE a.state = 'started' AND a.reminded_at IS NULL AND a.created_at <= sqlc.arg(before)::bigint AND a.gateway = ANY(sqlc.arg(gateways)::text[])
  AND NOT EXISTS (SELECT 1 FROM payment_proofs f WHERE f.attempt_id = a.id)
ORDER BY a.created_at, a.id LIMIT 100;

-- name: QuietProofs :many
SELECT f.id, f.public_id, p.public_id AS payment FROM payment_proofs f JOIN payments p ON p.id = f.payment_id
WHERE f.state = 'submitted' AND f.reminded_at IS NULL AND f.created_at <= sqlc.arg(before)::bigint
ORDER BY f.created_at, f.id LIMIT 100;

-- name: AttemptsReminded :exec
UPDATE payment_attempts SET reminded_at = sqlc.arg(at) WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: ProofsReminded :exec
UPDATE payment_proofs SET reminded_at = sqlc.arg(at) WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: InsertSettlement :execrows
INSERT INTO payment_settlements (gateway, kind, settled, day, amount, charge, currency, actor, created_at)
VALUES (sqlc.arg(gateway), sqlc.arg(kind), sqlc.arg(settled), sqlc.arg(day), sqlc.arg(amount), sqlc.arg(charge), sqlc.arg(currency), sqlc.arg(actor), sqlc.arg(created_at))
ON CONFLICT (kind, settled) DO NOTHING;

-- name: Settlement :one
SELECT * FROM payment_settlements WHERE kind = sqlc.arg(kind) AND settled = sqlc.arg(settled);

-- name: SettlementsAfter :many
SELECT * FROM payment_settlements WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT 200;
