-- Written by tools/generate.sh from internal/schema/0063_numbered.sql. Do not edit.

-- On the embedded engine an event has its number from the beginning now. Those that wait for theirs come before all new ones.
-- haat:lite UPDATE events SET seq = waiting.seq FROM (
-- haat:lite     SELECT id, max(COALESCE((SELECT MAX(seq) FROM events), 0), COALESCE((SELECT seq FROM event_cursors WHERE follower = ''), 0))
-- haat:lite         + row_number() OVER (ORDER BY id) AS seq
-- haat:lite     FROM events WHERE seq IS NULL
-- haat:lite ) AS waiting WHERE waiting.id = events.id
