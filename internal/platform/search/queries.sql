-- name: WordsByText :many
SELECT id, word, documents, titles, spilled, tail FROM search_words WHERE word = ANY(sqlc.arg(words)::text[]);

-- name: WordsByID :many
SELECT id, word, documents, titles, spilled, tail FROM search_words WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: WordsFrom :many
SELECT id, word, documents, titles, spilled, tail FROM search_words WHERE word >= sqlc.arg(from_word) AND word < sqlc.arg(to_word) ORDER BY word LIMIT sqlc.arg(max_rows);

-- name: InsertWords :batchone
INSERT INTO search_words (word, head1, head2, documents, titles, spilled, tail) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id;

-- name: UpdateWords :batchexec
UPDATE search_words SET documents = sqlc.arg(documents), titles = sqlc.arg(titles), spilled = sqlc.arg(spilled), tail = sqlc.arg(tail) WHERE id = sqlc.arg(id);

-- name: ChunkFrom :many
SELECT last, data FROM search_postings WHERE word_id = sqlc.arg(word_id) AND last >= sqlc.arg(doc)::bigint ORDER BY last LIMIT 1;

-- name: ChunksBelow :many
SELECT last, data FROM search_postings WHERE word_id = sqlc.arg(word_id) AND last < sqlc.arg(doc)::bigint ORDER BY last DESC LIMIT sqlc.arg(max_rows);

-- name: PutChunks :batchexec
INSERT INTO search_postings (word_id, last, data) VALUES ($1, $2, $3) ON CONFLICT (word_id, last) DO UPDATE SET data = excluded.data;

-- name: DeleteChunks :batchexec
DELETE FROM search_postings WHERE word_id = $1 AND last = $2;

-- name: Documents :many
SELECT id, words FROM search_documents WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: PutDocuments :batchexec
INSERT INTO search_documents (id, words) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET words = excluded.words;

-- name: DeleteDocuments :exec
DELETE FROM search_documents WHERE id = ANY(sqlc.arg(ids)::bigint[]);

-- name: InsertTypos :batchexec
INSERT INTO search_typos (rest, word_id) VALUES ($1, $2) ON CONFLICT (rest, word_id) DO NOTHING;

-- Words to suggest.

-- name: TitleWordsFrom :many
SELECT id, word, titles FROM search_words WHERE word >= sqlc.arg(from_word) AND word < sqlc.arg(to_word) AND titles > 0 ORDER BY word LIMIT sqlc.arg(max_rows);

-- name: TitleWordsOfHead1 :many
SELECT id, word, titles FROM search_words WHERE head1 = sqlc.arg(head) AND titles > 0 ORDER BY titles DESC, word LIMIT sqlc.arg(max_rows);

-- name: TitleWordsOfHead2 :many
SELECT id, word, titles FROM search_words WHERE head2 = sqlc.arg(head) AND titles > 0 ORDER BY titles DESC, word LIMIT sqlc.arg(max_rows);

-- name: TitleWordsLike :many
SELECT w.id, w.word, w.titles FROM search_words AS w
WHERE w.id IN (SELECT t.word_id FROM search_typos AS t WHERE t.rest = ANY(sqlc.arg(rests)::text[])) AND w.titles > 0
ORDER BY w.titles DESC, w.word LIMIT sqlc.arg(max_rows);

-- What must always hold.

-- name: DocumentsAfter :many
SELECT id, words FROM search_documents WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: WordsAfter :many
SELECT id, word, documents, titles, spilled, tail FROM search_words WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- name: DocumentIDsAfter :many
SELECT id FROM search_documents WHERE id > sqlc.arg(after)::bigint ORDER BY id LIMIT sqlc.arg(max_rows);

-- The whole index, to be made anew.

-- name: ClearChunks :exec
DELETE FROM search_postings;

-- name: ClearTypos :exec
DELETE FROM search_typos;

-- name: ClearWords :exec
DELETE FROM search_words;

-- name: ClearDocuments :exec
DELETE FROM search_documents;
