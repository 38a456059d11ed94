-- name: BlobsByName :many
SELECT name, media, size, width, height, widths, due_at, created_at FROM blobs WHERE name = ANY(sqlc.arg(names)::text[]);

-- name: InsertBlob :exec
INSERT INTO blobs (name, media, size, width, height, widths, due_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at WHERE blobs.due_at IS NOT NULL;

-- name: KeepBlob :execrows
UPDATE blobs SET due_at = sqlc.arg(due_at)::bigint WHERE name = sqlc.arg(name) AND due_at IS NOT NULL;

-- name: DropBlobs :exec
UPDATE blobs SET due_at = sqlc.arg(due_at)::bigint WHERE name = ANY(sqlc.arg(names)::text[]) AND due_at IS NULL;

-- name: DueBlobs :many
SELECT name FROM blobs WHERE due_at <= $1 ORDER BY due_at, name LIMIT $2;

-- name: DeleteBlob :execrows
DELETE FROM blobs WHERE name = sqlc.arg(name) AND due_at <= sqlc.arg(now)::bigint;

-- name: UsedBlob :exec
UPDATE blobs SET due_at = NULL WHERE name = $1;

-- name: PutTrash :exec
INSERT INTO blob_trash (name, due_at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET due_at = excluded.due_at;

-- name: DeleteTrash :execrows
DELETE FROM blob_trash WHERE name = $1;

-- name: DueTrash :many
SELECT name FROM blob_trash WHERE due_at <= $1 ORDER BY due_at, name LIMIT $2;

-- name: LockTrash :one
SELECT due_at FROM blob_trash WHERE name = $1 FOR UPDATE;

-- name: BlobsAfter :many
SELECT name, media, size, width, height, widths, due_at, created_at FROM blobs WHERE name > sqlc.arg(after) ORDER BY name LIMIT sqlc.arg(max_rows);
