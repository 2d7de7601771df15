-- The record: what each tool said and when. Every TIMESTAMP in the warehouse is UTC. One table per source and stream is made in `raw` as it lands
-- (warehouse/raw.py). Nothing here uses keys, sequences or enums, so that DuckLake can hold it too; that ids
-- are unique is checked by `interlock verify`.
CREATE SCHEMA raw;
CREATE SCHEMA ops;

-- The commit sequence. Each write transaction updates its stage's row, so that two writers conflict rather
-- than fork.
CREATE TABLE ops.guard (stage VARCHAR, seq BIGINT);

-- One row per configured source: its cursors, and how it stood when last pulled.
CREATE TABLE ops.source (
    source_id VARCHAR, kind VARCHAR,
    cursor JSON,            -- as the connector wrote it
    state VARCHAR,          -- fresh, stale, never
    as_of TIMESTAMP,      -- the last pull that read all of it
    tried_at TIMESTAMP,
    reason VARCHAR          -- why it is stale: what was tried, what the tool answered, what to do
);

CREATE TABLE ops.stream (
    source_id VARCHAR, stream VARCHAR, table_name VARCHAR,
    shape VARCHAR,          -- json or rows
    reads JSON,             -- rows: {name: reading}
    money BOOLEAN,          -- its records are lines of the general ledger
    pages VARCHAR           -- the hash of the pages that landed last, while what they landed still stands
);

-- rows_read = landed + unchanged + quarantined + dropped, and the same for amounts; one row per scope
-- (a file, or an API as a whole) and pull that brought news.
CREATE TABLE ops.batch (
    batch_id VARCHAR, seq BIGINT, source_id VARCHAR, stream VARCHAR, scope VARCHAR, landed_at TIMESTAMP,
    rows_read BIGINT, landed BIGINT, unchanged BIGINT, quarantined BIGINT, dropped BIGINT, gone BIGINT,
    amount_read DECIMAL(38, 4), amount_landed DECIMAL(38, 4), amount_unchanged DECIMAL(38, 4),
    amount_quarantined DECIMAL(38, 4), amount_dropped DECIMAL(38, 4),
    facts JSON              -- about the file: sha256, bytes, stated_total
);

-- Rows that could not be read and still cannot: released when the same place reads well or is gone.
CREATE TABLE ops.quarantine (
    quarantine_id VARCHAR, source_id VARCHAR, stream VARCHAR, scope VARCHAR, place VARCHAR, reason VARCHAR,
    key VARCHAR, payload JSON, amount DECIMAL(18, 4), since_seq BIGINT, since TIMESTAMP
);

-- One manifest per run: what it was told and what it read.
CREATE TABLE ops.run (
    run_id VARCHAR, started_at TIMESTAMP, finished_at TIMESTAMP, today DATE, command VARCHAR,
    outcome VARCHAR, read_seq BIGINT, break_hash VARCHAR, manifest JSON
);

-- What a stage last worked on, so that nothing new means nothing done.
CREATE TABLE ops.fingerprint (stage VARCHAR, fingerprint VARCHAR);
