-- Written by tools/generate.sh from internal/schema/0051_storefront.sql. Do not edit.

CREATE TABLE storefronts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    hours TEXT NOT NULL,
    suspend_reason TEXT NOT NULL,
    suspended_from TEXT NOT NULL,
    shown INTEGER NOT NULL CONSTRAINT storefronts_shown_bool CHECK (shown IN (0, 1)),
    shown_until INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT storefronts_public_id_key UNIQUE (public_id),
    CONSTRAINT storefronts_store_key UNIQUE (store_id),
    CONSTRAINT storefronts_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT storefronts_state_check CHECK (state IN ('published', 'unpublished', 'suspended')),
    CONSTRAINT storefronts_suspended_check CHECK ((state = 'suspended') = (suspended_from <> '')),
    CONSTRAINT storefronts_shown_check CHECK (NOT shown OR state = 'published')
) STRICT;

CREATE INDEX storefronts_shown ON storefronts (id) WHERE shown;
