CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  via TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  ip TEXT NOT NULL,
  request_id TEXT NOT NULL,
  hash TEXT NOT NULL
);

--bun:split

CREATE INDEX audit_user ON audit (user_id, seq);

--bun:split

CREATE TABLE audit_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  first_seq INTEGER NOT NULL,
  first_hash TEXT NOT NULL,
  last_seq INTEGER NOT NULL,
  last_hash TEXT NOT NULL
);

--bun:split

INSERT INTO audit_head (one, first_seq, first_hash, last_seq, last_hash) VALUES (1, 1, '', 0, '');
