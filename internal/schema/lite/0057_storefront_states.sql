-- Written by tools/generate.sh from internal/schema/0057_storefront_states.sql. Do not edit.

CREATE INDEX storefronts_state ON storefronts (state, id);
