CREATE INDEX runs_user ON runs (user_id, created_at DESC);

--bun:split

DROP INDEX runs_list;

--bun:split

DROP INDEX runs_completed;
