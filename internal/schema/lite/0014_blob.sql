-- Written by tools/generate.sh from internal/schema/0014_blob.sql. Do not edit.

CREATE TABLE blobs (
    name TEXT NOT NULL CONSTRAINT blobs_pkey PRIMARY KEY,
    media TEXT NOT NULL,
    size INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    widths TEXT NOT NULL,
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    CONSTRAINT blobs_size_check CHECK (size > 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX blobs_due ON blobs (due_at, name) WHERE due_at IS NOT NULL;

CREATE TABLE blob_trash (
    name TEXT NOT NULL CONSTRAINT blob_trash_pkey PRIMARY KEY,
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX blob_trash_due ON blob_trash (due_at, name);
