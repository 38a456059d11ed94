-- Written by tools/generate.sh from internal/schema/0003_market.sql. Do not edit.

SELECT 'nothing to do';
