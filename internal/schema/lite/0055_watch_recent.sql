-- Written by tools/generate.sh from internal/schema/0055_watch_recent.sql. Do not edit.

CREATE INDEX watch_members_recent ON watch_members (what, subject, seen_at);
