-- Written by tools/generate.sh from internal/schema/0013_guest.sql. Do not edit.

CREATE TABLE guests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT guests_token_key UNIQUE (token_hash)
) STRICT;

CREATE INDEX guests_expiry ON guests (expires_at, id);
