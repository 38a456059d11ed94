-- name: InsertEvent :exec
INSERT INTO events (seq, type, subject, actor, facts, created_at) VALUES (sqlc.narg(seq), sqlc.arg(type), sqlc.arg(subject), sqlc.arg(actor), sqlc.arg(facts), sqlc.arg(created_at));

-- name: InsertEvents :batchexec
INSERT INTO events (seq, type, subject, actor, facts, created_at) VALUES (sqlc.narg(seq), sqlc.arg(type), sqlc.arg(subject), sqlc.arg(actor), sqlc.arg(facts), sqlc.arg(created_at));

-- name: HasUnnumbered :one
SELECT EXISTS (SELECT 1 FROM events WHERE seq IS NULL);

-- name: UnnumberedIDs :many
SELECT id FROM events WHERE seq IS NULL ORDER BY id LIMIT $1;

-- name: LastSeq :one
SELECT COALESCE(MAX(seq), 0)::bigint FROM events;

-- name: NumberEvents :batchexec
UPDATE events SET seq = $1 WHERE id = $2 AND seq IS NULL;

-- The same for events whose ids have no hole between them.

-- name: NumberRange :execrows
UPDATE events SET seq = id - sqlc.arg(shift)::bigint WHERE id BETWEEN sqlc.arg(first_id)::bigint AND sqlc.arg(last_id)::bigint AND seq IS NULL;

-- name: EventsAfter :many
SELECT id, seq, type, subject, actor, facts, created_at FROM events WHERE seq > sqlc.arg(after)::bigint ORDER BY seq NULLS LAST LIMIT sqlc.arg(max_rows);

-- Where a piece of the log ends.
-- name: EndOfPiece :one
SELECT COALESCE(MAX(p.seq), 0)::bigint FROM (
    SELECT seq FROM events WHERE seq > sqlc.arg(after)::bigint ORDER BY seq NULLS LAST LIMIT sqlc.arg(max_rows)
) AS p;

-- A piece is short. The index by type would lead through all events that there ever were; joined to nothing, a type is
-- in no index.
-- name: EventsOfTypes :many
SELECT id, seq, type, subject, actor, facts, created_at FROM events
WHERE seq > sqlc.arg(after)::bigint AND seq <= sqlc.arg(upto)::bigint AND type || '' = ANY(sqlc.arg(types)::text[])
ORDER BY seq NULLS LAST LIMIT sqlc.arg(max_rows);

-- name: AddCursor :exec
INSERT INTO event_cursors (follower, seq, updated_at) VALUES ($1, $2, $3) ON CONFLICT (follower) DO NOTHING;

-- name: Cursor :one
SELECT seq FROM event_cursors WHERE follower = $1;

-- name: Cursors :many
SELECT follower, seq, updated_at FROM event_cursors ORDER BY follower;

-- name: AdvanceCursor :execrows
UPDATE event_cursors SET seq = sqlc.arg(to_seq), updated_at = sqlc.arg(updated_at)
WHERE follower = sqlc.arg(follower) AND seq = sqlc.arg(from_seq);

-- name: DeleteCursor :execrows
DELETE FROM event_cursors WHERE follower = $1;

-- name: PrunableEvents :many
SELECT seq, created_at FROM events WHERE seq > sqlc.arg(after)::bigint AND seq <= sqlc.arg(upto)::bigint ORDER BY seq NULLS LAST LIMIT sqlc.arg(max_rows);

-- name: DeleteEvents :execrows
DELETE FROM events WHERE seq > sqlc.arg(after)::bigint AND seq <= sqlc.arg(upto)::bigint;

-- name: SeqRange :one
SELECT COUNT(seq) AS numbered, COALESCE(MIN(seq), 0)::bigint AS lowest, COALESCE(MAX(seq), 0)::bigint AS highest FROM events;

-- name: LastEvent :one
SELECT COALESCE(MAX(id), 0)::bigint FROM events;

-- name: EventFrom :one
SELECT id, created_at FROM events WHERE id >= sqlc.arg(id) ORDER BY id LIMIT 1;
