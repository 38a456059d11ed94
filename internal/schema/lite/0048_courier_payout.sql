-- Written by tools/generate.sh from internal/schema/0048_courier_payout.sql. Do not edit.

ALTER TABLE wallet_payouts ADD COLUMN carried INTEGER NOT NULL CONSTRAINT wallet_payouts_carried_bool CHECK (carried IN (0, 1)) DEFAULT FALSE CONSTRAINT wallet_payouts_carried_check CHECK (NOT carried OR holder = 'wallet');
