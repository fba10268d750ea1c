CREATE INDEX runs_completed ON runs (completed_at) WHERE completed_at IS NOT NULL;
