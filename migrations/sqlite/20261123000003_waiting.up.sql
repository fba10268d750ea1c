ALTER TABLE runs ADD COLUMN wake_at INTEGER NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE runs ADD COLUMN answered INTEGER NOT NULL DEFAULT 0;

--bun:split

ALTER TABLE runs ADD COLUMN resumed_at INTEGER;

--bun:split

CREATE TABLE answers (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL,
  iteration TEXT NOT NULL DEFAULT '',
  answer TEXT NOT NULL,
  user_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (run_id, node_id, iteration)
);
