-- name: Count :exec
INSERT INTO watch_counts (what, subject, hour, n, amount) VALUES (sqlc.arg(what), sqlc.arg(subject), sqlc.arg(hour), sqlc.arg(n), sqlc.arg(amount))
ON CONFLICT (what, subject, hour) DO UPDATE SET n = watch_counts.n + excluded.n, amount = watch_counts.amount + excluded.amount;

-- name: Counted :one
SELECT COALESCE(SUM(n), 0)::bigint AS n, COALESCE(SUM(amount), 0)::bigint AS amount FROM watch_counts
WHERE what = sqlc.arg(what) AND subject = sqlc.arg(subject) AND hour >= sqlc.arg(since)::bigint;

-- A member who was seen less than a day ago is not written anew: 0 rows.
-- name: Join :execrows
INSERT INTO watch_members (what, subject, member, seen_at) VALUES (sqlc.arg(what), sqlc.arg(subject), sqlc.arg(member), sqlc.arg(seen_at))
ON CONFLICT (what, subject, member) DO UPDATE SET seen_at = excluded.seen_at WHERE watch_members.seen_at + 86400000000 <= excluded.seen_at;

-- name: IsMember :one
SELECT EXISTS (
    SELECT 1 FROM watch_members WHERE what = sqlc.arg(what) AND subject = sqlc.arg(subject) AND member = sqlc.arg(member) AND seen_at > sqlc.arg(since)::bigint
);

-- Counted to a hundred, which is far more than any rule asks for.
-- name: Joined :one
SELECT COUNT(*) FROM (
    SELECT 1 AS one FROM watch_members WHERE what = sqlc.arg(what) AND subject = sqlc.arg(subject) AND seen_at >= sqlc.arg(since)::bigint LIMIT 100
) AS seen;

-- Those who were seen last, twenty of each.
-- name: Members :many
SELECT r.what, r.subject, r.member FROM (
    SELECT m.what, m.subject, m.member, row_number() OVER (PARTITION BY m.what, m.subject ORDER BY m.seen_at DESC, m.id DESC) AS place
    FROM watch_members m WHERE m.what = ANY(sqlc.arg(whats)::text[]) AND m.subject = ANY(sqlc.arg(subjects)::text[])
) AS r WHERE r.place <= 20 ORDER BY r.what, r.subject, r.place;

-- Whether something is known already: it is open, or somebody looked at it a short while ago.
-- name: LastFlag :one
SELECT * FROM watch_flags WHERE rule = sqlc.arg(rule) AND subject = sqlc.arg(subject) ORDER BY id DESC LIMIT 1;

-- name: InsertFlag :exec
INSERT INTO watch_flags (public_id, rule, subject, n, usual, last, state, note, seen_by, seen_at, created_at, updated_at)
VALUES (sqlc.arg(public_id), sqlc.arg(rule), sqlc.arg(subject), sqlc.arg(n), sqlc.arg(usual), sqlc.arg(last), 'open', '', '', NULL, sqlc.arg(created_at), sqlc.arg(created_at));

-- name: GrowFlag :exec
UPDATE watch_flags SET n = sqlc.arg(n), usual = sqlc.arg(usual), last = sqlc.arg(last), updated_at = sqlc.arg(updated_at) WHERE id = sqlc.arg(id) AND state = 'open';

-- name: Flag :one
SELECT * FROM watch_flags WHERE public_id = sqlc.arg(public_id);

-- name: SeeFlag :execrows
UPDATE watch_flags SET state = 'seen', note = sqlc.arg(note), seen_by = sqlc.arg(seen_by), seen_at = sqlc.arg(seen_at)::bigint, updated_at = sqlc.arg(seen_at)::bigint
WHERE public_id = sqlc.arg(public_id) AND state = 'open';

-- name: OldCounts :many
SELECT id FROM watch_counts WHERE hour < sqlc.arg(before)::bigint ORDER BY hour, id LIMIT 200;

-- name: DropCounts :exec
DELETE FROM watch_counts WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: OldMembers :many
SELECT id FROM watch_members WHERE seen_at < sqlc.arg(before)::bigint ORDER BY seen_at, id LIMIT 200;

-- name: DropMembers :exec
DELETE FROM watch_members WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: FlagsAfter :many
SELECT * FROM watch_flags WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT 200;
