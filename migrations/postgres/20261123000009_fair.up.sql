CREATE INDEX runs_user_open ON runs (user_id) WHERE completed_at IS NULL;
