-- Written by tools/generate.sh from internal/schema/0019_search.sql. Do not edit.

CREATE TABLE search_words (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    word TEXT NOT NULL,
    head1 TEXT NOT NULL,
    head2 TEXT NOT NULL,
    documents INTEGER NOT NULL,
    titles INTEGER NOT NULL,
    spilled INTEGER NOT NULL,
    tail BLOB NOT NULL,
    CONSTRAINT search_words_word_key UNIQUE (word)
) STRICT;

CREATE INDEX search_words_head1 ON search_words (head1, titles DESC, word) WHERE titles > 0;

CREATE INDEX search_words_head2 ON search_words (head2, titles DESC, word) WHERE titles > 0;

CREATE TABLE search_postings (
    word_id INTEGER NOT NULL,
    last INTEGER NOT NULL,
    data BLOB NOT NULL,
    CONSTRAINT search_postings_pkey PRIMARY KEY (word_id, last)
) STRICT, WITHOUT ROWID;

CREATE TABLE search_documents (
    id INTEGER NOT NULL CONSTRAINT search_documents_pkey PRIMARY KEY,
    words BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE search_typos (
    rest TEXT NOT NULL,
    word_id INTEGER NOT NULL,
    CONSTRAINT search_typos_pkey PRIMARY KEY (rest, word_id)
) STRICT, WITHOUT ROWID;
