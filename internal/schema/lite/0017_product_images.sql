-- Written by tools/generate.sh from internal/schema/0017_product_images.sql. Do not edit.

CREATE TABLE product_images (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    product_id INTEGER NOT NULL,
    image TEXT NOT NULL,
    alt TEXT NOT NULL,
    position INTEGER NOT NULL,
    source TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT product_images_public_id_key UNIQUE (public_id),
    CONSTRAINT product_images_twice_key UNIQUE (product_id, image),
    CONSTRAINT product_images_product_fkey FOREIGN KEY (product_id) REFERENCES products (id),
    CONSTRAINT product_images_image_fkey FOREIGN KEY (image) REFERENCES blobs (name),
    CONSTRAINT product_images_position_check CHECK (position BETWEEN 0 AND 1000000)
) STRICT;

CREATE INDEX product_images_product ON product_images (product_id, position, id);

CREATE INDEX product_images_image ON product_images (image);

CREATE UNIQUE INDEX product_images_source_key ON product_images (product_id, source) WHERE source <> '';

CREATE TABLE variant_images (
    variant_id INTEGER NOT NULL CONSTRAINT variant_images_pkey PRIMARY KEY,
    image_id INTEGER NOT NULL,
    CONSTRAINT variant_images_variant_fkey FOREIGN KEY (variant_id) REFERENCES variants (id),
    CONSTRAINT variant_images_image_fkey FOREIGN KEY (image_id) REFERENCES product_images (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX variant_images_image ON variant_images (image_id);

ALTER TABLE listings ADD COLUMN image TEXT NOT NULL DEFAULT '';

ALTER TABLE order_lines ADD COLUMN image TEXT CONSTRAINT order_lines_image_fkey REFERENCES blobs (name);

CREATE INDEX order_lines_image ON order_lines (image) WHERE image IS NOT NULL;
