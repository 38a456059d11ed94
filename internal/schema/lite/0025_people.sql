-- Written by tools/generate.sh from internal/schema/0025_people.sql. Do not edit.

ALTER TABLE sessions ADD COLUMN role TEXT NOT NULL DEFAULT '';

ALTER TABLE accounts ADD COLUMN language TEXT NOT NULL DEFAULT '';

ALTER TABLE accounts ADD COLUMN avatar TEXT CONSTRAINT accounts_avatar_fkey REFERENCES blobs (name);

CREATE INDEX accounts_avatar ON accounts (avatar) WHERE avatar IS NOT NULL;

ALTER TABLE accounts ADD COLUMN state_reason TEXT NOT NULL DEFAULT '';

ALTER TABLE accounts ADD COLUMN erased_at INTEGER;

ALTER TABLE accounts ADD COLUMN "indexed" INTEGER NOT NULL CONSTRAINT accounts_indexed_bool CHECK ("indexed" IN (0, 1)) DEFAULT FALSE;

CREATE INDEX accounts_created ON accounts (created_at, id);

CREATE INDEX accounts_unindexed ON accounts (id) WHERE NOT "indexed";

CREATE TABLE account_words (
    word TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    CONSTRAINT account_words_pkey PRIMARY KEY (word, account_id),
    CONSTRAINT account_words_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_words_account ON account_words (account_id, word);

ALTER TABLE account_proofs ADD COLUMN store TEXT;

ALTER TABLE account_proofs ADD COLUMN language TEXT;

CREATE TABLE email_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    hash TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT email_changes_public_id_key UNIQUE (public_id),
    CONSTRAINT email_changes_hash_key UNIQUE (hash),
    CONSTRAINT email_changes_account_key UNIQUE (account_id),
    CONSTRAINT email_changes_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
) STRICT;

CREATE INDEX email_changes_expires ON email_changes (expires_at, id);

CREATE TABLE store_invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    invitee TEXT NOT NULL,
    invitee_key TEXT NOT NULL,
    catalog INTEGER NOT NULL CONSTRAINT store_invitations_catalog_bool CHECK (catalog IN (0, 1)),
    stock INTEGER NOT NULL CONSTRAINT store_invitations_stock_bool CHECK (stock IN (0, 1)),
    orders INTEGER NOT NULL CONSTRAINT store_invitations_orders_bool CHECK (orders IN (0, 1)),
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT store_invitations_public_id_key UNIQUE (public_id),
    CONSTRAINT store_invitations_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT store_invitations_state_check CHECK (state IN ('open', 'accepted', 'declined', 'revoked'))
) STRICT;

CREATE INDEX store_invitations_store ON store_invitations (store_id, state, id);

CREATE INDEX store_invitations_invitee ON store_invitations (invitee_key, state, id);

CREATE UNIQUE INDEX store_invitations_open_key ON store_invitations (store_id, invitee_key) WHERE state = 'open';
