-- name: InsertJob :execrows
INSERT INTO jobs (kind, key, payload, run_at, attempts, max_attempts, state, created_at)
VALUES ($1, $2, $3, $4, 0, $5, 'ready', $6)
ON CONFLICT (key) DO NOTHING;

-- name: InsertJobs :batchexec
INSERT INTO jobs (kind, key, payload, run_at, attempts, max_attempts, state, created_at)
VALUES ($1, $2, $3, $4, 0, $5, 'ready', $6)
ON CONFLICT (key) DO NOTHING;

-- name: DueJobs :many
SELECT id FROM jobs
WHERE state = 'ready' AND run_at <= sqlc.arg(now) AND kind = ANY(sqlc.arg(kinds)::text[])
ORDER BY run_at, id LIMIT sqlc.arg(max_rows) FOR UPDATE SKIP LOCKED;

-- name: ClaimJobs :many
UPDATE jobs SET claimed_by = sqlc.arg(claimed_by), run_at = sqlc.arg(lapses_at), attempts = attempts + 1
WHERE state = 'ready' AND id = ANY(sqlc.arg(ids)::bigint[])
RETURNING id, kind, key, payload, attempts, max_attempts, created_at;

-- name: ExtendJob :execrows
UPDATE jobs SET run_at = sqlc.arg(lapses_at) WHERE id = sqlc.arg(id) AND attempts = sqlc.arg(attempts) AND state = 'ready';

-- name: FinishJob :execrows
DELETE FROM jobs WHERE id = sqlc.arg(id) AND attempts = sqlc.arg(attempts) AND state = 'ready';

-- name: RetryJobLater :execrows
UPDATE jobs SET claimed_by = NULL, run_at = sqlc.arg(run_at), last_error = sqlc.arg(last_error)
WHERE id = sqlc.arg(id) AND attempts = sqlc.arg(attempts) AND state = 'ready';

-- name: ReleaseJob :execrows
UPDATE jobs SET claimed_by = NULL, run_at = sqlc.arg(run_at), max_attempts = max_attempts + 1
WHERE id = sqlc.arg(id) AND attempts = sqlc.arg(attempts) AND state = 'ready';

-- name: BuryJob :execrows
UPDATE jobs SET claimed_by = NULL, run_at = sqlc.arg(run_at), last_error = sqlc.arg(last_error), state = 'dead'
WHERE id = sqlc.arg(id) AND attempts = sqlc.arg(attempts) AND state = 'ready';

-- name: ReviveJob :execrows
UPDATE jobs SET state = 'ready', run_at = sqlc.arg(run_at), max_attempts = attempts + sqlc.arg(more_attempts)::bigint
WHERE id = sqlc.arg(id) AND state = 'dead';

-- name: DiscardJob :execrows
DELETE FROM jobs WHERE id = $1 AND state = 'dead';

-- name: CountReady :one
SELECT COUNT(*) FROM (SELECT 1 AS one FROM jobs WHERE state = 'ready' LIMIT sqlc.arg(max_rows)) AS r;

-- name: CountDead :one
SELECT COUNT(*) FROM (SELECT 1 AS one FROM jobs WHERE state = 'dead' LIMIT sqlc.arg(max_rows)) AS d;

-- name: OldestReady :one
SELECT COALESCE(MIN(run_at), 0)::bigint FROM jobs WHERE state = 'ready';

-- name: LockLease :one
SELECT holder, fence, until_at FROM leases WHERE name = $1 FOR UPDATE;

-- name: InsertLease :execrows
INSERT INTO leases (name, holder, fence, until_at) VALUES ($1, $2, 1, $3) ON CONFLICT (name) DO NOTHING;

-- name: UpdateLease :execrows
UPDATE leases SET holder = sqlc.arg(holder), fence = sqlc.arg(fence), until_at = sqlc.arg(until_at)
WHERE name = sqlc.arg(name) AND fence = sqlc.arg(from_fence);

-- What is claimed; a claim lapses in the future.
-- name: ReleaseClaims :execrows
UPDATE jobs SET claimed_by = NULL, run_at = sqlc.arg(now) WHERE state = 'ready' AND run_at > sqlc.arg(now) AND claimed_by IS NOT NULL;
