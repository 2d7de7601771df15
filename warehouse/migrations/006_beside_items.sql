-- What tools say beside an item: through which statuses it went, the sprints and releases it is in, time spent.
CREATE TABLE model.status_history (
    item_id VARCHAR, nth INTEGER,
    status VARCHAR,         -- not started, in progress, done, dropped; NULL where the tool's word is in no list
    source_status VARCHAR, since TIMESTAMP, until TIMESTAMP
);
CREATE TABLE model.sprint (
    sprint_id VARCHAR, source_id VARCHAR, name VARCHAR, state VARCHAR, starts_on DATE, ends_on DATE,
    completed_on DATE
);
CREATE TABLE model.sprint_item (sprint_id VARCHAR, item_id VARCHAR);
CREATE TABLE model.version (
    version_id VARCHAR, source_id VARCHAR, name VARCHAR, release_date DATE, released BOOLEAN
);
CREATE TABLE model.version_item (version_id VARCHAR, item_id VARCHAR);
CREATE TABLE model.worklog (item_id VARCHAR, person_id VARCHAR, worked_on DATE, hours DOUBLE);
