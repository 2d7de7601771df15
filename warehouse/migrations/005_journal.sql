-- The journal: append-only, hash-chained. Entries hold ids and hashes only; words live beside them and can be
-- erased without breaking the chain.
CREATE SCHEMA journal;
CREATE TABLE journal.entry (
    n BIGINT, happened_at TIMESTAMP, kind VARCHAR, subject VARCHAR, body JSON, text_hash VARCHAR,
    previous VARCHAR, hash VARCHAR
);
CREATE TABLE journal.words (n BIGINT, words JSON);
CREATE TABLE journal.head (n BIGINT, hash VARCHAR);
INSERT INTO journal.head VALUES (0, '');

-- The outbox: one alert per break and audience, one delivery per attempt to make the tool show it.
CREATE SCHEMA outbox;
CREATE TABLE outbox.alert (
    alert_id VARCHAR,       -- the marker in the tool, for ever
    break_id VARCHAR, episode INTEGER, audience VARCHAR, department_id VARCHAR, source_id VARCHAR,
    item_id VARCHAR,        -- NULL: undeliverable, listed in the digest
    message JSON,           -- as it should stand now
    standing BOOLEAN,
    wanted_hash VARCHAR,    -- of what should stand
    shown_hash VARCHAR,     -- of what the tool was last made to show
    reference VARCHAR,      -- the tool's id of it
    state VARCHAR,          -- due, sending, shown, removed, deferred, refused, undeliverable, observed
    reason VARCHAR, since DATE, deferred_since DATE
);
CREATE TABLE outbox.delivery (
    delivery_id VARCHAR, alert_id VARCHAR, attempt INTEGER, tried_at TIMESTAMP, wanted_hash VARCHAR,
    outcome VARCHAR, reference VARCHAR, detail VARCHAR, inverse JSON
);
