CREATE TABLE hooks (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  workflow_id TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  last_refused_at INTEGER,
  refusal TEXT NOT NULL DEFAULT ''
);

--bun:split

CREATE INDEX hooks_user ON hooks (user_id);

--bun:split

CREATE INDEX hooks_workflow ON hooks (workflow_id);

--bun:split

ALTER TABLE secrets ADD COLUMN hook_id TEXT REFERENCES hooks (id) ON DELETE CASCADE;

--bun:split

CREATE UNIQUE INDEX secrets_hook ON secrets (hook_id);

--bun:split

ALTER TABLE idempotency_keys ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;

--bun:split

UPDATE idempotency_keys SET ends_at = created_at + 86400000000;

--bun:split

CREATE INDEX idempotency_keys_ends ON idempotency_keys (ends_at);
