-- Written by tools/generate.sh from internal/schema/0063_numbered.sql. Do not edit.

UPDATE events SET seq = waiting.seq FROM (
    SELECT id, max(COALESCE((SELECT MAX(seq) FROM events), 0), COALESCE((SELECT seq FROM event_cursors WHERE follower = ''), 0))
        + row_number() OVER (ORDER BY id) AS seq
    FROM events WHERE seq IS NULL
) AS waiting WHERE waiting.id = events.id;
