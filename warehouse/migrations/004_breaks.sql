-- Breaks: what is wrong now and has been told, and what people answered. Kept, not rebuilt.
CREATE SCHEMA breaks;

CREATE TABLE breaks.episode (
    break_id VARCHAR,       -- hash of rule and key: the same in every episode
    episode INTEGER,        -- 1 for the first time it opens
    code VARCHAR,           -- the short name that people type
    rule VARCHAR, key VARCHAR[], severity VARCHAR, subject_id VARCHAR, initiative_id VARCHAR,
    from_department VARCHAR, to_department VARCHAR, days_late INTEGER, amount_at_risk DECIMAL(18, 4),
    root_id VARCHAR, evidence VARCHAR[],
    evidence_sources VARCHAR[],  -- sources that must all be fresh before this may close
    columns JSON,           -- the rule's row, whole, as last seen
    message VARCHAR,        -- one sentence
    state VARCHAR,          -- open, acknowledged, decided, resolved, unknown
    state_before VARCHAR,   -- what it was before it became unknown
    first_seen DATE, last_seen DATE, closed_on DATE, decide_by DATE,
    told_on DATE, told_days_late INTEGER, told_departments VARCHAR[],
    silent_until DATE, silent_up_to INTEGER,  -- an accepted harm: until a date, up to days late
    closed_because VARCHAR
);

-- One row per statement that a person made beside an item, and what it came to.
CREATE TABLE breaks.answer (
    answer_id VARCHAR, source_id VARCHAR, item_id VARCHAR, statement_id VARCHAR, version INTEGER,
    break_id VARCHAR, episode INTEGER, kind VARCHAR, said_by VARCHAR, said_at TIMESTAMP, read_on DATE,
    outcome VARCHAR,        -- counted, waits, refused, not understood, ignored
    because VARCHAR, note VARCHAR, detail JSON
);

CREATE TABLE breaks.decision (
    decision_id VARCHAR, break_id VARCHAR, episode INTEGER, kind VARCHAR, decided_by VARCHAR,
    on_behalf_of VARCHAR, decided_on DATE, until DATE, up_to_days INTEGER, note VARCHAR, via VARCHAR
);

-- Dates and commitments that people gave as answers, newest last; `unify` reads them as promises.
CREATE TABLE breaks.commitment (
    break_id VARCHAR, item_id VARCHAR, handover_id VARCHAR, due_date DATE, commitment VARCHAR, said_by VARCHAR,
    said_on DATE, replaced_due DATE
);
