-- Written by tools/generate.sh from internal/schema/0028_invitation.sql. Do not edit.

ALTER TABLE store_people ADD COLUMN people INTEGER NOT NULL CONSTRAINT store_people_people_bool CHECK (people IN (0, 1)) DEFAULT FALSE;

ALTER TABLE store_invitations ADD COLUMN people INTEGER NOT NULL CONSTRAINT store_invitations_people_bool CHECK (people IN (0, 1)) DEFAULT FALSE;

ALTER TABLE store_invitations ADD COLUMN invited_by INTEGER CONSTRAINT store_invitations_inviter_fkey REFERENCES accounts (id);

ALTER TABLE store_invitations ADD COLUMN answered_by INTEGER CONSTRAINT store_invitations_answerer_fkey REFERENCES accounts (id);

ALTER TABLE store_invitations ADD COLUMN mailed_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE store_invitations ADD COLUMN ended_at INTEGER;

CREATE INDEX store_invitations_expires ON store_invitations (expires_at, id);

CREATE INDEX store_invitations_answerer ON store_invitations (answered_by) WHERE answered_by IS NOT NULL;
