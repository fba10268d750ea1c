CREATE TABLE resets (
  hash BYTEA PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL
);

--bun:split

CREATE INDEX resets_user ON resets (user_id);

--bun:split

ALTER TABLE tokens ADD COLUMN sources TEXT NOT NULL DEFAULT '[]';
