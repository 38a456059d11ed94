-- Written by tools/generate.sh from internal/schema/0009_wallet.sql. Do not edit.

SELECT 'nothing to do';
