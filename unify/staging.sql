-- What the tools' own SQL files fill, one shape for all: still in the tools' words, dates and figures typed.
CREATE OR REPLACE TEMP TABLE staged_item (
    source_id VARCHAR, record_key VARCHAR, scope VARCHAR,
    first_key VARCHAR,      -- the first key recorded: with the source it makes the item_id
    native_key VARCHAR,
    former_keys VARCHAR[],  -- other keys that it had
    kind VARCHAR, type VARCHAR, project VARCHAR, components VARCHAR[], title VARCHAR, labels VARCHAR[],
    department VARCHAR,     -- as named in the tool; NULL: the source's own
    owner VARCHAR,          -- a name, an e-mail address or an account id
    initiative VARCHAR,     -- as named in the tool
    initiative_from_ancestor BOOLEAN,  -- the top ancestor that the register knows comes before the name
    parent_key VARCHAR,     -- the parent's record_key or native key, in the same source
    status VARCHAR,         -- not started, in progress, done, dropped; NULL: to be found from source_status
    source_status VARCHAR, source_priority VARCHAR,
    start_date DATE, due_date DATE, actual_start DATE, finish_date DATE, deadline DATE, need_by DATE,
    estimate_days DOUBLE, remaining_days DOUBLE, progress DOUBLE,
    depends_on VARCHAR, same_as VARCHAR, what VARCHAR, commitment VARCHAR,
    restricted BOOLEAN, url VARCHAR, locator VARCHAR,
    first_landed DATE, touched_on DATE
);
-- Statements of a tool's own link: `other_key` is the linked item's native key in the same source.
CREATE OR REPLACE TEMP TABLE staged_link (
    source_id VARCHAR, record_key VARCHAR, other_key VARCHAR, type VARCHAR, lag_days INTEGER,
    comes_first BOOLEAN,    -- this item is the predecessor
    field VARCHAR
);
-- Each due date that was ever stated for an item, oldest first.
CREATE OR REPLACE TEMP TABLE staged_promise (
    source_id VARCHAR, record_key VARCHAR, promised_at TIMESTAMP, due_date DATE
);
-- When an item was seen in each status. `moment` and `position` put those in order that are its history; a sighting of
-- ours beside what the tool itself tells of its history has none.
CREATE OR REPLACE TEMP TABLE staged_status (
    source_id VARCHAR, record_key VARCHAR, status VARCHAR, source_status VARCHAR, since DATE, moment TIMESTAMP,
    position BIGINT
);
-- The sprints and releases that each item names, with what it says of them; `seen` is greater the later it said so.
CREATE OR REPLACE TEMP TABLE staged_sprint (
    source_id VARCHAR, record_key VARCHAR, key VARCHAR, name VARCHAR, state VARCHAR,
    starts_on DATE, ends_on DATE, completed_on DATE, seen BIGINT
);
CREATE OR REPLACE TEMP TABLE staged_version (
    source_id VARCHAR, record_key VARCHAR, key VARCHAR, name VARCHAR, release_date DATE, released BOOLEAN, seen BIGINT
);
CREATE OR REPLACE TEMP TABLE staged_worklog (
    source_id VARCHAR, record_key VARCHAR, account_id VARCHAR, worked_on DATE, seconds BIGINT
);
CREATE OR REPLACE TEMP TABLE staged_person (
    source_id VARCHAR, account_id VARCHAR, email VARCHAR, name VARCHAR, active BOOLEAN
);
CREATE OR REPLACE TEMP TABLE staged_initiative (
    initiative VARCHAR, aliases VARCHAR, objective VARCHAR, type VARCHAR, departments VARCHAR, sponsor VARCHAR,
    controller VARCHAR, rank VARCHAR, stage VARCHAR, start_date DATE, baseline_finish DATE,
    closure_criteria VARCHAR
);
CREATE OR REPLACE TEMP TABLE staged_money (
    initiative VARCHAR, fiscal_quarter VARCHAR, budget DECIMAL(18, 4), state VARCHAR,
    benefit_planned DECIMAL(18, 4), benefit_forecast DECIMAL(18, 4), benefit_confirmed DECIMAL(18, 4),
    place VARCHAR
);
CREATE OR REPLACE TEMP TABLE staged_handover (
    record_key VARCHAR, initiative VARCHAR, from_department VARCHAR, to_department VARCHAR, what VARCHAR,
    provider_item VARCHAR, consumer_item VARCHAR, need_by DATE, provider_owner VARCHAR, consumer_owner VARCHAR,
    commitment VARCHAR, state VARCHAR, place VARCHAR
);
CREATE OR REPLACE TEMP TABLE staged_same (record_key VARCHAR, item VARCHAR, same_as VARCHAR, since DATE);
-- Items that stood in a source once and are gone, by the last key they had.
CREATE OR REPLACE TEMP TABLE staged_gone (source_id VARCHAR, first_key VARCHAR, key VARCHAR, reason VARCHAR);
