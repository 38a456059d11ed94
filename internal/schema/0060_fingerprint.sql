-- payment: what is the same whenever the same card or account pays: as the provider says, else the last digits and the date
-- on the card. It shows when many accounts pay with one.
ALTER TABLE payment_attempts ADD COLUMN fingerprint TEXT COLLATE "C" NOT NULL DEFAULT '';
