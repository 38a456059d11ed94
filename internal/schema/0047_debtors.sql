-- Who owes the market: guarded accounts below zero, the largest debt first.
CREATE INDEX ledger_accounts_debtors ON ledger_accounts (kind, balance, id) WHERE guarded AND balance < 0;
