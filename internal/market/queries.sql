-- name: Settings :many
SELECT name, value FROM settings;

-- The version is the row that one change of the settings takes from another.
-- name: FirstVersion :exec
INSERT INTO settings (name, value, updated_at, updated_by) VALUES ('version', '0', sqlc.arg(updated_at), '')
ON CONFLICT (name) DO NOTHING;

-- name: NextVersion :execrows
UPDATE settings SET value = sqlc.arg(next), updated_at = sqlc.arg(updated_at), updated_by = sqlc.arg(updated_by)
WHERE name = 'version' AND value = sqlc.arg(seen);

-- name: PutSetting :batchexec
INSERT INTO settings (name, value, updated_at, updated_by)
VALUES (sqlc.arg(name), sqlc.arg(value), sqlc.arg(updated_at), sqlc.arg(updated_by))
ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at, updated_by = excluded.updated_by;
