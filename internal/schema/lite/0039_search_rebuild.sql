-- Written by tools/generate.sh from internal/schema/0039_search_rebuild.sql. Do not edit.

CREATE TABLE search_rebuilds (
    id INTEGER NOT NULL,
    emptied INTEGER NOT NULL CONSTRAINT search_rebuilds_emptied_bool CHECK (emptied IN (0, 1)),
    after_product INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT search_rebuilds_pkey PRIMARY KEY (id),
    CONSTRAINT search_rebuilds_one_check CHECK (id = 1),
    CONSTRAINT search_rebuilds_after_check CHECK (after_product >= 0)
) STRICT, WITHOUT ROWID;
