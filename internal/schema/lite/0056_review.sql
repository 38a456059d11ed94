-- Written by tools/generate.sh from internal/schema/0056_review.sql. Do not edit.

CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    order_id INTEGER NOT NULL,
    reference TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    product TEXT NOT NULL,
    title TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    stars INTEGER NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    hide_reason TEXT NOT NULL,
    reply TEXT NOT NULL,
    replied_by TEXT NOT NULL,
    replied_at INTEGER,
    edited_at INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT reviews_public_id_key UNIQUE (public_id),
    CONSTRAINT reviews_once_key UNIQUE (order_id, product),
    CONSTRAINT reviews_order_fkey FOREIGN KEY (order_id) REFERENCES orders (id),
    CONSTRAINT reviews_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT reviews_stars_check CHECK (stars BETWEEN 1 AND 5),
    CONSTRAINT reviews_state_check CHECK (state IN ('shown', 'hidden', 'withdrawn')),
    CONSTRAINT reviews_hidden_check CHECK ((state = 'hidden') = (hide_reason <> '')),
    CONSTRAINT reviews_withdrawn_check CHECK (state <> 'withdrawn' OR body = ''),
    CONSTRAINT reviews_reply_check CHECK ((replied_at IS NULL) = (reply = '') AND (reply = '') = (replied_by = ''))
) STRICT;

CREATE INDEX reviews_of_store ON reviews (store_id, product, state, id);

CREATE INDEX reviews_of_store_stars ON reviews (store_id, product, state, stars, id);

CREATE INDEX reviews_of_product ON reviews (product, state, id) WHERE product <> '';

CREATE INDEX reviews_of_product_stars ON reviews (product, state, stars, id) WHERE product <> '';

CREATE INDEX reviews_of_account ON reviews (account_id, id);

CREATE INDEX reviews_at_store ON reviews (store_id, id);

CREATE INDEX reviews_unanswered ON reviews (store_id, state, id) WHERE reply = '';

CREATE INDEX reviews_in_state ON reviews (state, id);

CREATE TABLE store_ratings (
    store_id INTEGER NOT NULL,
    one INTEGER NOT NULL,
    two INTEGER NOT NULL,
    three INTEGER NOT NULL,
    four INTEGER NOT NULL,
    five INTEGER NOT NULL,
    CONSTRAINT store_ratings_pkey PRIMARY KEY (store_id),
    CONSTRAINT store_ratings_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT store_ratings_counts_check CHECK (one >= 0 AND two >= 0 AND three >= 0 AND four >= 0 AND five >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE product_ratings (
    product TEXT NOT NULL,
    one INTEGER NOT NULL,
    two INTEGER NOT NULL,
    three INTEGER NOT NULL,
    four INTEGER NOT NULL,
    five INTEGER NOT NULL,
    CONSTRAINT product_ratings_pkey PRIMARY KEY (product),
    CONSTRAINT product_ratings_counts_check CHECK (one >= 0 AND two >= 0 AND three >= 0 AND four >= 0 AND five >= 0)
) STRICT, WITHOUT ROWID;
