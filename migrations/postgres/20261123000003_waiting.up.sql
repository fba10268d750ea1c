ALTER TABLE runs ADD COLUMN wake_at BIGINT NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE runs ADD COLUMN answered BIGINT NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE runs ADD COLUMN resumed_at BIGINT;

--bun:split

CREATE TABLE answers (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL,
  iteration TEXT NOT NULL DEFAULT '',
  answer TEXT NOT NULL,
  user_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (run_id, node_id, iteration)
);
