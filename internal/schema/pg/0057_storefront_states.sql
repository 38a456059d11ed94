-- Written by tools/generate.sh from internal/schema/0057_storefront_states.sql. Do not edit.

-- Admins look through storefronts by their state.
CREATE INDEX storefronts_state ON storefronts (state, id);
