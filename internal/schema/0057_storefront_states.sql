-- Admins look through storefronts by their state.
CREATE INDEX storefronts_state ON storefronts (state, id);
