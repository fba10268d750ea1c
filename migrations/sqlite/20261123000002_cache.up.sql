ALTER TABLE runs ADD COLUMN cache BOOLEAN NOT NULL DEFAULT FALSE;

--bun:split

ALTER TABLE runs ADD COLUMN reasons TEXT NOT NULL DEFAULT '';

--bun:split

CREATE TABLE cached_results (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  run_id TEXT NOT NULL,
  node_id TEXT NOT NULL,
  output TEXT NOT NULL DEFAULT '',
  meta TEXT NOT NULL DEFAULT '',
  tokens_in INTEGER NOT NULL DEFAULT 0,
  tokens_out INTEGER NOT NULL DEFAULT 0,
  cost_usd DOUBLE PRECISION,
  duration INTEGER,
  size INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, name)
);

--bun:split

CREATE INDEX cached_results_used ON cached_results (user_id, used_at);
