DROP TABLE idempotency_keys;

--bun:split

DROP TABLE files;

--bun:split

DROP TABLE blobs;

--bun:split

DROP TABLE run_events;

--bun:split

DROP TABLE execution_logs;

--bun:split

DROP TABLE node_results;

--bun:split

DROP TABLE runs;

--bun:split

DROP TABLE workflow_versions;

--bun:split

DROP TABLE workflow_tags;

--bun:split

DROP TABLE workflows;

--bun:split

DROP TABLE tokens;

--bun:split

DROP TABLE sessions;

--bun:split

DROP TABLE users;
