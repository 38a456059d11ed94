-- Who took part in something lately is counted without looking at those who did long ago.
CREATE INDEX watch_members_recent ON watch_members (what, subject, seen_at);
