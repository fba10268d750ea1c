CREATE INDEX runs_completed ON runs (completed_at) WHERE completed_at IS NOT NULL;

--bun:split

CREATE INDEX runs_list ON runs (user_id, created_at DESC, id DESC, status);

--bun:split

DROP INDEX runs_user;
