-- Written by tools/generate.sh from internal/schema/0039_search_rebuild.sql. Do not edit.

-- The search index is being made anew. Once the old one is emptied, products up to after_product are in the new one, or
-- stand in listing_changes.
CREATE TABLE search_rebuilds (
    id            BIGINT NOT NULL,
    emptied       BOOLEAN NOT NULL,
    after_product BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    CONSTRAINT search_rebuilds_pkey PRIMARY KEY (id),
    CONSTRAINT search_rebuilds_one_check CHECK (id = 1),
    CONSTRAINT search_rebuilds_after_check CHECK (after_product >= 0)
);
