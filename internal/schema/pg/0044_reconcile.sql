-- Written by tools/generate.sh from internal/schema/0044_reconcile.sql. Do not edit.

-- A day of a gateway is compared with what its provider says that it settled.
CREATE INDEX payment_attempts_settled ON payment_attempts (gateway, updated_at, id) WHERE state = 'succeeded' OR state = 'duplicate';
CREATE INDEX refunds_settled ON refunds (updated_at, id) WHERE state = 'completed' AND destination = 'source';
CREATE INDEX refunds_provider ON refunds (provider_reference) WHERE provider_reference <> '';
