DROP INDEX runs_user_open;
