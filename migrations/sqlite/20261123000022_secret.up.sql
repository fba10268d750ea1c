CREATE TABLE secrets (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  provider TEXT NOT NULL DEFAULT '',
  hosts TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_used_at INTEGER,
  UNIQUE (user_id, name)
);

--bun:split

CREATE INDEX secrets_key ON secrets (key_id);
