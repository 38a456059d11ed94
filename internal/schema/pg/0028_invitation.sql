-- Written by tools/generate.sh from internal/schema/0028_invitation.sql. Do not edit.

-- Invitations to work in a store, and a right to manage its people. The key of an invitation by code is the code, not
-- the account's id, so that writing one down asks nobody whether there is such an account.

ALTER TABLE store_people ADD COLUMN people BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE store_invitations ADD COLUMN people BOOLEAN NOT NULL DEFAULT FALSE;
-- Who answers for it: when it is accepted, he must still be allowed to give these rights.
ALTER TABLE store_invitations ADD COLUMN invited_by BIGINT CONSTRAINT store_invitations_inviter_fkey REFERENCES accounts (id);
-- Who accepted or declined it.
ALTER TABLE store_invitations ADD COLUMN answered_by BIGINT CONSTRAINT store_invitations_answerer_fkey REFERENCES accounts (id);
ALTER TABLE store_invitations ADD COLUMN mailed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE store_invitations ADD COLUMN ended_at BIGINT;
CREATE INDEX store_invitations_expires ON store_invitations (expires_at, id);
CREATE INDEX store_invitations_answerer ON store_invitations (answered_by) WHERE answered_by IS NOT NULL;
