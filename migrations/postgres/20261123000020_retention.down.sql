DROP INDEX runs_completed;
