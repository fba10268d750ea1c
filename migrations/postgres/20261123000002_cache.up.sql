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
  tokens_in BIGINT NOT NULL DEFAULT 0,
  tokens_out BIGINT NOT NULL DEFAULT 0,
  cost_usd DOUBLE PRECISION,
  duration BIGINT,
  size BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, name)
);

--bun:split

CREATE INDEX cached_results_used ON cached_results (user_id, used_at);
