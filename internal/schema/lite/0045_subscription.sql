-- Written by tools/generate.sh from internal/schema/0045_subscription.sql. Do not edit.

CREATE TABLE plans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    days INTEGER NOT NULL,
    price INTEGER NOT NULL,
    areas INTEGER NOT NULL,
    trial INTEGER NOT NULL CONSTRAINT plans_trial_bool CHECK (trial IN (0, 1)),
    active INTEGER NOT NULL CONSTRAINT plans_active_bool CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT plans_public_id_key UNIQUE (public_id),
    CONSTRAINT plans_code_key UNIQUE (code),
    CONSTRAINT plans_days_check CHECK (days BETWEEN 1 AND 3660),
    CONSTRAINT plans_areas_check CHECK (areas BETWEEN 1 AND 11),
    CONSTRAINT plans_price_check CHECK (price BETWEEN 0 AND 10000000000000 AND trial = (price = 0))
) STRICT;

CREATE UNIQUE INDEX plans_trial_key ON plans (trial) WHERE trial;

INSERT INTO plans (public_id, code, name, description, days, price, areas, trial, active, created_at, updated_at)
VALUES ('pln_00000000000000000000001', 'trial', 'Free trial', 'Try the market for a month.', 30, 0, 5, TRUE, TRUE, 0, 0);

INSERT INTO plans (public_id, code, name, description, days, price, areas, trial, active, created_at, updated_at)
VALUES ('pln_00000000000000000000002', '3_month', '3 months', 'Buy in the market for three months.', 90, 150000, 5, FALSE, TRUE, 0, 0);

CREATE TABLE subscriptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_id TEXT NOT NULL,
    store_id INTEGER NOT NULL,
    owner_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    plan_id INTEGER NOT NULL,
    plan_code TEXT NOT NULL,
    plan_name TEXT NOT NULL,
    days INTEGER NOT NULL,
    areas INTEGER NOT NULL,
    price INTEGER NOT NULL,
    currency TEXT NOT NULL,
    trial INTEGER NOT NULL CONSTRAINT subscriptions_trial_bool CHECK (trial IN (0, 1)),
    tax_number TEXT NOT NULL,
    upgrade INTEGER NOT NULL CONSTRAINT subscriptions_upgrade_bool CHECK (upgrade IN (0, 1)),
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    starts_at INTEGER,
    ends_at INTEGER,
    due_at INTEGER,
    reminded INTEGER NOT NULL CONSTRAINT subscriptions_reminded_bool CHECK (reminded IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CONSTRAINT subscriptions_public_id_key UNIQUE (public_id),
    CONSTRAINT subscriptions_store_fkey FOREIGN KEY (store_id) REFERENCES stores (id),
    CONSTRAINT subscriptions_plan_fkey FOREIGN KEY (plan_id) REFERENCES plans (id),
    CONSTRAINT subscriptions_state_check CHECK (state IN ('pending', 'active', 'expired', 'cancelled', 'lapsed')),
    CONSTRAINT subscriptions_price_check CHECK (price >= 0 AND trial = (price = 0)),
    CONSTRAINT subscriptions_span_check CHECK ((starts_at IS NULL) = (ends_at IS NULL) AND (starts_at IS NULL OR ends_at >= starts_at)),
    CONSTRAINT subscriptions_active_check CHECK ((state = 'active') = (due_at IS NOT NULL) AND (state <> 'active' OR starts_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX subscriptions_pending_key ON subscriptions (store_id) WHERE state = 'pending';

CREATE UNIQUE INDEX subscriptions_trial_owner_key ON subscriptions (owner_id) WHERE trial;

CREATE UNIQUE INDEX subscriptions_trial_tax_key ON subscriptions (tax_number) WHERE trial AND tax_number <> '';

CREATE INDEX subscriptions_store ON subscriptions (store_id, id);

CREATE INDEX subscriptions_state ON subscriptions (state, id);

CREATE INDEX subscriptions_running ON subscriptions (store_id, ends_at) WHERE state = 'active';

CREATE INDEX subscriptions_due ON subscriptions (due_at, id) WHERE state = 'active';
