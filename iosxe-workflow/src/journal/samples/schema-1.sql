CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE records (id INTEGER PRIMARY KEY, run TEXT NOT NULL, seq INTEGER NOT NULL, device TEXT, at TEXT NOT NULL, kind TEXT NOT NULL, record TEXT NOT NULL, UNIQUE (run, seq)) STRICT;
CREATE TABLE cursors (run TEXT NOT NULL, reader TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (run, reader)) STRICT, WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('schema', '1');
INSERT INTO cursors (run, reader, seq) VALUES ('r-sample', 'inventory', 5);
