-- wallet: what an account earned as a courier is paid out like what is in its wallet.
ALTER TABLE wallet_payouts ADD COLUMN carried BOOLEAN NOT NULL DEFAULT FALSE CONSTRAINT wallet_payouts_carried_check CHECK (NOT carried OR holder = 'wallet');
