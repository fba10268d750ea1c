CREATE TABLE secrets (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  provider TEXT NOT NULL DEFAULT '',
  hosts TEXT NOT NULL DEFAULT '',
  version BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  wrapped BYTEA NOT NULL,
  sealed BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  last_used_at BIGINT,
  UNIQUE (user_id, name)
);

--bun:split

CREATE INDEX secrets_key ON secrets (key_id);
