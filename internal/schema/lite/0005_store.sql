-- Written by tools/generate.sh from internal/schema/0005_store.sql. Do not edit.

CREATE TABLE stores (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    code TEXT NOT NULL,
    owner_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    slug TEXT NOT NULL,
    description TEXT NOT NULL,
    business_type TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    whatsapp TEXT NOT NULL,
    address TEXT NOT NULL,
    sells INTEGER NOT NULL CONSTRAINT stores_sells_bool CHECK (sells IN (0, 1)),
    buys INTEGER NOT NULL CONSTRAINT stores_buys_bool CHECK (buys IN (0, 1)),
    state TEXT NOT NULL,
    suspend_reason TEXT NOT NULL,
    suspended_from TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT stores_public_id_key UNIQUE (public_id),
    CONSTRAINT stores_code_key UNIQUE (code),
    CONSTRAINT stores_slug_key UNIQUE (slug),
    CONSTRAINT stores_owner_fkey FOREIGN KEY (owner_id) REFERENCES accounts (id),
    CONSTRAINT stores_state_check CHECK (state IN ('draft', 'published', 'suspended', 'closed')),
    CONSTRAINT stores_suspended_check CHECK ((state = 'suspended') = (suspended_from <> '')),
    CONSTRAINT stores_side_check CHECK (sells OR buys)
) STRICT;

CREATE INDEX stores_owner ON stores (owner_id, id);

CREATE INDEX stores_state ON stores (state, id);

CREATE INDEX stores_state_name ON stores (state, name_key, id);

CREATE TABLE store_people (
    store_id INTEGER NOT NULL,
    account_id INTEGER NOT NULL,
    owner INTEGER NOT NULL CONSTRAINT store_people_owner_bool CHECK (owner IN (0, 1)),
    catalog INTEGER NOT NULL CONSTRAINT store_people_catalog_bool CHECK (catalog IN (0, 1)),
    stock INTEGER NOT NULL CONSTRAINT store_people_stock_bool CHECK (stock IN (0, 1)),
    orders INTEGER NOT NULL CONSTRAINT store_people_orders_bool CHECK (orders IN (0, 1)),
    created_at INTEGER NOT NULL,
    CONSTRAINT store_people_pkey PRIMARY KEY (store_id, account_id),
    CONSTRAINT store_people_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT store_people_account_fkey FOREIGN KEY (account_id) REFERENCES accounts (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX store_people_account ON store_people (account_id, store_id);

CREATE UNIQUE INDEX store_people_owner_key ON store_people (store_id) WHERE owner;
