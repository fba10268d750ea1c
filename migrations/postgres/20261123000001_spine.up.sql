-- Times are microseconds since 1970 in UTC; JSON is kept as it came.
CREATE TABLE users (
  id TEXT PRIMARY KEY,
  clerk_id TEXT UNIQUE,
  email TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL DEFAULT '',
  first_name TEXT NOT NULL DEFAULT '',
  last_name TEXT NOT NULL DEFAULT '',
  avatar TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

--bun:split

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash BYTEA NOT NULL UNIQUE,
  clerk_sid TEXT NOT NULL DEFAULT '',
  user_agent TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

--bun:split

CREATE INDEX sessions_user ON sessions (user_id);

--bun:split

CREATE INDEX sessions_clerk ON sessions (clerk_sid);

--bun:split

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  hash BYTEA NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  last_used_at BIGINT
);

--bun:split

CREATE INDEX tokens_user ON tokens (user_id, created_at);

--bun:split

CREATE TABLE workflows (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  nodes TEXT NOT NULL,
  edges TEXT NOT NULL,
  steps BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 1,
  is_published BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  deleted_at BIGINT
);

--bun:split

CREATE INDEX workflows_user ON workflows (user_id, updated_at DESC);

--bun:split

CREATE TABLE workflow_tags (
  workflow_id TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
  position BIGINT NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (workflow_id, tag)
);

--bun:split

CREATE INDEX workflow_tags_tag ON workflow_tags (tag);

--bun:split

CREATE TABLE workflow_versions (
  workflow_id TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  nodes TEXT NOT NULL,
  edges TEXT NOT NULL,
  author TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  PRIMARY KEY (workflow_id, version)
);

--bun:split

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  workflow_id TEXT REFERENCES workflows (id) ON DELETE SET NULL,
  former_workflow_id TEXT REFERENCES workflows (id) ON DELETE SET NULL,
  workflow_name TEXT NOT NULL DEFAULT '',
  workflow_version BIGINT NOT NULL DEFAULT 0,
  status TEXT NOT NULL,
  scope TEXT NOT NULL,
  node_ids TEXT NOT NULL DEFAULT '',
  nodes TEXT NOT NULL,
  edges TEXT NOT NULL,
  inputs TEXT NOT NULL DEFAULT '',
  total_nodes BIGINT NOT NULL DEFAULT 0,
  success_nodes BIGINT NOT NULL DEFAULT 0,
  failed_nodes BIGINT NOT NULL DEFAULT 0,
  skipped_nodes BIGINT NOT NULL DEFAULT 0,
  cached_nodes BIGINT NOT NULL DEFAULT 0,
  tokens_in BIGINT NOT NULL DEFAULT 0,
  tokens_out BIGINT NOT NULL DEFAULT 0,
  cost_usd DOUBLE PRECISION,
  error TEXT NOT NULL DEFAULT '',
  duration BIGINT,
  trigger_id TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  lost BIGINT NOT NULL DEFAULT 0,
  lease_token BIGINT NOT NULL DEFAULT 0,
  lease_owner TEXT NOT NULL DEFAULT '',
  lease_until BIGINT NOT NULL DEFAULT 0,
  cancel_requested BOOLEAN NOT NULL DEFAULT FALSE,
  last_seq BIGINT NOT NULL DEFAULT 0,
  last_log BIGINT NOT NULL DEFAULT 0,
  triggered_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  started_at BIGINT,
  completed_at BIGINT
);

--bun:split

CREATE INDEX runs_user ON runs (user_id, created_at DESC);

--bun:split

CREATE INDEX runs_workflow ON runs (workflow_id, created_at DESC);

--bun:split

CREATE INDEX runs_former ON runs (former_workflow_id) WHERE former_workflow_id IS NOT NULL;

--bun:split

CREATE INDEX runs_open ON runs (lease_until) WHERE completed_at IS NULL;

--bun:split

CREATE TABLE node_results (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  node_id TEXT NOT NULL,
  iteration TEXT NOT NULL DEFAULT '',
  attempt BIGINT NOT NULL,
  position BIGINT NOT NULL,
  node_type TEXT NOT NULL,
  status TEXT NOT NULL,
  cached BOOLEAN NOT NULL DEFAULT FALSE,
  inputs TEXT NOT NULL DEFAULT '',
  output TEXT NOT NULL DEFAULT '',
  error TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '',
  meta TEXT NOT NULL DEFAULT '',
  cache_key TEXT NOT NULL DEFAULT '',
  tokens_in BIGINT NOT NULL DEFAULT 0,
  tokens_out BIGINT NOT NULL DEFAULT 0,
  cost_usd DOUBLE PRECISION,
  queued_at BIGINT,
  started_at BIGINT,
  duration BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (run_id, node_id, iteration, attempt)
);

--bun:split

CREATE TABLE execution_logs (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  node_id TEXT,
  level TEXT NOT NULL,
  message TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (run_id, seq)
);

--bun:split

CREATE TABLE run_events (
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  seq BIGINT NOT NULL,
  type TEXT NOT NULL,
  at BIGINT NOT NULL,
  payload TEXT NOT NULL,
  PRIMARY KEY (run_id, seq)
);

--bun:split

CREATE TABLE blobs (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  hash TEXT NOT NULL,
  size BIGINT NOT NULL,
  data BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, hash)
);

--bun:split

CREATE TABLE files (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  width BIGINT NOT NULL DEFAULT 0,
  height BIGINT NOT NULL DEFAULT 0,
  hash TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

--bun:split

CREATE INDEX files_user ON files (user_id, created_at);

--bun:split

CREATE TABLE idempotency_keys (
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, name)
);
