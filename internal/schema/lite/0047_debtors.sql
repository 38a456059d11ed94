-- Written by tools/generate.sh from internal/schema/0047_debtors.sql. Do not edit.

CREATE INDEX ledger_accounts_debtors ON ledger_accounts (kind, balance, id) WHERE guarded AND balance < 0;
