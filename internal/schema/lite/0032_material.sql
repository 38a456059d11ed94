-- Written by tools/generate.sh from internal/schema/0032_material.sql. Do not edit.

CREATE TABLE materials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    category_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    unit TEXT NOT NULL,
    tax_bp INTEGER NOT NULL,
    tax_code TEXT NOT NULL,
    image TEXT,
    active INTEGER NOT NULL CONSTRAINT materials_active_bool CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT materials_public_id_key UNIQUE (public_id),
    CONSTRAINT materials_name_key UNIQUE (category_id, name_key),
    CONSTRAINT materials_category_fkey FOREIGN KEY (category_id) REFERENCES categories (id),
    CONSTRAINT materials_image_fkey FOREIGN KEY (image) REFERENCES blobs (name),
    CONSTRAINT materials_unit_check CHECK (unit IN ('kg', 'g', 'quintal', 'tonne', 'litre', 'pcs')),
    CONSTRAINT materials_tax_check CHECK (tax_bp BETWEEN 0 AND 10000)
) STRICT;

CREATE INDEX materials_names ON materials (active, name_key, id);

CREATE INDEX materials_in_category ON materials (category_id, active, name_key, id);

CREATE INDEX materials_image ON materials (image) WHERE image IS NOT NULL;
