-- Files that people sent: what is known of each. The bytes lie in the data folder under these names. Who uses a file
-- refers to it by a foreign key, so that none that is used can be forgotten.

CREATE TABLE blobs (
    -- pub_ or prv_, the SHA-256 of the bytes, and what it is: .jpg.
    name       TEXT COLLATE "C" PRIMARY KEY,
    media      TEXT COLLATE "C" NOT NULL,
    size       BIGINT NOT NULL,
    -- Of a picture; 0 for others.
    width      BIGINT NOT NULL,
    height     BIGINT NOT NULL,
    -- Of the smaller pictures beside it, with commas between.
    widths     TEXT COLLATE "C" NOT NULL,
    -- When it is looked whether anybody uses it; empty while nobody let go of it.
    due_at     BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT blobs_size_check CHECK (size > 0)
);
CREATE INDEX blobs_due ON blobs (due_at, name) WHERE due_at IS NOT NULL;

-- Names whose bytes are deleted when they are due: of files that nobody used, and of files that are being written.
CREATE TABLE blob_trash (
    name   TEXT COLLATE "C" PRIMARY KEY,
    due_at BIGINT NOT NULL
);
CREATE INDEX blob_trash_due ON blob_trash (due_at, name);
