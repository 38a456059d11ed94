-- Written by tools/generate.sh from internal/schema/0004_identity.sql. Do not edit.

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    phone TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT accounts_public_id_key UNIQUE (public_id),
    CONSTRAINT accounts_code_key UNIQUE (code),
    CONSTRAINT accounts_email_key_key UNIQUE (email_key),
    CONSTRAINT accounts_state_check CHECK (state IN ('inactive', 'active', 'deactivated'))
) STRICT;

CREATE INDEX accounts_state ON accounts (state, id);

CREATE TABLE account_roles (
    account_id INTEGER NOT NULL,
    role TEXT NOT NULL,
    CONSTRAINT account_roles_pkey PRIMARY KEY (account_id, role),
    CONSTRAINT account_roles_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT account_roles_role_check CHECK (role IN ('customer', 'seller', 'courier', 'machine', 'admin', 'superadmin'))
) STRICT, WITHOUT ROWID;

CREATE INDEX account_roles_role ON account_roles (role, account_id);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT sessions_public_id_key UNIQUE (public_id),
    CONSTRAINT sessions_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
) STRICT;

CREATE INDEX sessions_account ON sessions (account_id, id);

CREATE INDEX sessions_expires ON sessions (expires_at, id);

CREATE TABLE session_tokens (
    hash TEXT NOT NULL CONSTRAINT session_tokens_pkey PRIMARY KEY,
    kind TEXT NOT NULL,
    session_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT session_tokens_session_fkey FOREIGN KEY (session_id) REFERENCES sessions (id),
    CONSTRAINT session_tokens_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT session_tokens_kind_check CHECK (kind IN ('access', 'refresh'))
) STRICT, WITHOUT ROWID;

CREATE INDEX session_tokens_session ON session_tokens (session_id);

CREATE INDEX session_tokens_account ON session_tokens (account_id);

CREATE INDEX session_tokens_expires ON session_tokens (expires_at);

CREATE TABLE account_proofs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    account_id INTEGER,
    hash TEXT NOT NULL,
    name TEXT,
    phone TEXT,
    role TEXT,
    password_hash TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    CONSTRAINT account_proofs_public_id_key UNIQUE (public_id),
    CONSTRAINT account_proofs_hash_key UNIQUE (hash),
    CONSTRAINT account_proofs_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT account_proofs_purpose_check CHECK (purpose IN ('activate', 'reset', 'setup')),
    CONSTRAINT account_proofs_account_check CHECK ((account_id IS NULL) = (purpose = 'setup'))
) STRICT;

CREATE INDEX account_proofs_account ON account_proofs (account_id, purpose);

CREATE INDEX account_proofs_expires ON account_proofs (expires_at, id);

CREATE TABLE tries (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    count INTEGER NOT NULL,
    tried_at INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    CONSTRAINT tries_pkey PRIMARY KEY (kind, key),
    CONSTRAINT tries_count_check CHECK (count >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX tries_tried ON tries (tried_at);

CREATE TABLE addresses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    label TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    line1 TEXT NOT NULL,
    line2 TEXT NOT NULL,
    city TEXT NOT NULL,
    district TEXT NOT NULL,
    state TEXT NOT NULL,
    postal_code TEXT NOT NULL,
    country TEXT NOT NULL,
    lat_micro INTEGER,
    lng_micro INTEGER,
    instructions TEXT NOT NULL,
    is_default INTEGER NOT NULL CONSTRAINT addresses_is_default_bool CHECK (is_default IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT addresses_public_id_key UNIQUE (public_id),
    CONSTRAINT addresses_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id),
    CONSTRAINT addresses_lat_check CHECK (lat_micro BETWEEN -90000000 AND 90000000),
    CONSTRAINT addresses_lng_check CHECK (lng_micro BETWEEN -180000000 AND 180000000),
    CONSTRAINT addresses_place_check CHECK ((lat_micro IS NULL) = (lng_micro IS NULL))
) STRICT;

CREATE INDEX addresses_account ON addresses (account_id, id);

CREATE UNIQUE INDEX addresses_default_key ON addresses (account_id) WHERE is_default;
