-- Written by tools/generate.sh from internal/schema/0047_debtors.sql. Do not edit.

-- Who owes the market: guarded accounts below zero, the largest debt first.
CREATE INDEX ledger_accounts_debtors ON ledger_accounts (kind, balance, id) WHERE guarded AND balance < 0;
