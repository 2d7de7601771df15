-- The unified model: one shape, one id space. Rebuilt from the record by `unify`; every table holds at least
-- the columns that the view of its name promises.
CREATE SCHEMA model;

CREATE TABLE model.work_item (
    item_id VARCHAR, source_id VARCHAR,
    record_key VARCHAR,     -- the tool's immutable id, as in raw
    native_key VARCHAR,     -- what people call it now
    scope VARCHAR,          -- the page scope it stands in (a workbook)
    kind VARCHAR,           -- task, milestone, deliverable, gate, deal
    type VARCHAR,           -- the tool's own word for it
    project VARCHAR,        -- the tool's own container: a Jira project's key, a tracker's sheet
    title VARCHAR, labels VARCHAR[], department_id VARCHAR, owner_id VARCHAR, initiative_id VARCHAR,
    parent_id VARCHAR, node_id VARCHAR,
    status VARCHAR,         -- not started, in progress, done, dropped
    status_known BOOLEAN,   -- false where the tool's word is in no list: it then counts as not started
    source_status VARCHAR,
    priority INTEGER,       -- 1 (highest) to 5
    source_priority VARCHAR,
    start_date DATE, due_date DATE, actual_start DATE, finish_date DATE,
    estimate_days DOUBLE,   -- working days in all
    remaining_days DOUBLE,  -- the tool's own figure of what is left, where it has one
    progress DOUBLE,        -- 0 to 1
    deadline DATE,
    touched_on DATE,        -- the last change of content by somebody else than Interlock
    class VARCHAR,          -- public, department, finance, restricted
    url VARCHAR, locator VARCHAR
);

-- Every name an item may be called by in a reference: its full id, native keys now and before, titles, URLs.
CREATE TABLE model.item_name (form VARCHAR, name VARCHAR, item_id VARCHAR, source_id VARCHAR);

-- Items that were read once and may not be seen any more: nobody knows how they stand.
CREATE TABLE model.hidden_item (item_id VARCHAR, reason VARCHAR);

-- The register's names and aliases, folded; one that two initiatives have is none.
CREATE TABLE model.initiative_name (name VARCHAR, initiative_id VARCHAR);

CREATE TABLE model.identity (item_id VARCHAR, node_id VARCHAR, made_by VARCHAR, confirmed_by VARCHAR, since DATE);

CREATE TABLE model.claim_conflict (
    node_id VARCHAR, field VARCHAR, item_a VARCHAR, value_a VARCHAR, item_b VARCHAR, value_b VARCHAR,
    authority VARCHAR       -- whose claim plans the date until someone decides: an item_id or a source_id
);

CREATE TABLE model.dependency (
    dependency_id VARCHAR, predecessor_id VARCHAR, successor_id VARCHAR,
    type VARCHAR,           -- FS, SS, FF, SF
    lag_days INTEGER,       -- working days of the successor's calendar
    need_by DATE,
    stated_by VARCHAR,      -- the sources that state it, sorted, joined by ', '
    is_handover BOOLEAN
);

CREATE TABLE model.handover (
    handover_id VARCHAR, dependency_id VARCHAR, initiative_id VARCHAR, from_department VARCHAR,
    to_department VARCHAR, what VARCHAR, provider_item VARCHAR, consumer_item VARCHAR,
    provider_owner VARCHAR, consumer_owner VARCHAR, type VARCHAR, lag_days INTEGER, need_by DATE,
    commitment VARCHAR,
    state VARCHAR,          -- suggested, requested, committed, countered, delivered, accepted, returned, dropped
    provider_status VARCHAR, consumer_status VARCHAR,  -- of the nodes, by the claims that count
    stated_by VARCHAR       -- as in dependency; 'template' alone: nobody stated it
);

CREATE TABLE model.promise (item_id VARCHAR, promised_on DATE, due_date DATE, nth INTEGER, source VARCHAR);

-- Gates that policy requires; item_id is NULL where no tool holds one.
CREATE TABLE model.gate (
    gate_id VARCHAR, kind VARCHAR, handover_id VARCHAR, initiative_id VARCHAR, item_id VARCHAR,
    required_by VARCHAR,    -- policy or template
    typical_days INTEGER
);

CREATE TABLE model.reference_problem (item_id VARCHAR, field VARCHAR, text VARCHAR, reason VARCHAR);

CREATE TABLE model.department (department_id VARCHAR, name VARCHAR, lead_id VARCHAR);
CREATE TABLE model.person (
    person_id VARCHAR, name VARCHAR, department_id VARCHAR, active BOOLEAN, hours_per_week DOUBLE
);
CREATE TABLE model.account (source_id VARCHAR, account_id VARCHAR, person_id VARCHAR);

CREATE TABLE model.initiative (
    initiative_id VARCHAR, name VARCHAR, aliases VARCHAR[], objective VARCHAR, type VARCHAR,
    departments VARCHAR[], sponsor_id VARCHAR, controller_id VARCHAR, rank INTEGER, stage VARCHAR,
    start_date DATE, baseline_finish DATE, closure_criteria VARCHAR,
    money_expected BOOLEAN  -- the register has a Money sheet, so an initiative without rows in it lacks them
);
CREATE TABLE model.budget (
    initiative_id VARCHAR, fiscal_year INTEGER, quarter VARCHAR, starts_on DATE, ends_on DATE,
    amount DECIMAL(18, 4), state VARCHAR
);
CREATE TABLE model.benefit (
    initiative_id VARCHAR, fiscal_year INTEGER, quarter VARCHAR, starts_on DATE, ends_on DATE,
    planned DECIMAL(18, 4), forecast DECIMAL(18, 4), confirmed DECIMAL(18, 4)
);

CREATE TABLE model.posting (
    posting_id VARCHAR, source_id VARCHAR, company_code VARCHAR, document VARCHAR, line VARCHAR,
    posting_date DATE, fiscal_year INTEGER, period INTEGER,
    period_basis VARCHAR,   -- stated or derived
    amount DECIMAL(18, 4), currency VARCHAR,
    reporting_amount DECIMAL(18, 4),  -- NULL where the currency is another and no rate is known
    initiative_id VARCHAR, milestone_id VARCHAR, matched_by VARCHAR,
    cost_center VARCHAR, project VARCHAR, supplier VARCHAR, text VARCHAR, file VARCHAR, row BIGINT
);

-- Of what a file landed in a commit: the amounts that a later version restated, and those gone from their file.
CREATE TABLE model.posting_past (
    source_id VARCHAR, file VARCHAR, seq BIGINT, amount_superseded DECIMAL(38, 4), amount_gone DECIMAL(38, 4)
);

-- The calendar of fiscal quarters around today, so that rules need no arithmetic of their own.
CREATE TABLE model.fiscal_quarter (
    fiscal_year INTEGER, quarter VARCHAR, starts_on DATE, ends_on DATE,
    ahead INTEGER           -- 0: holds today, 1: the next one, negative: past
);

-- What the plan works on: one node per thing (a `same_as` group is one), dated by the claims with authority.
CREATE TABLE model.node (
    node_id VARCHAR, department_id VARCHAR, parent_id VARCHAR, status VARCHAR,
    start_date DATE, due_date DATE, actual_start DATE, finish_date DATE,
    estimate_days DOUBLE, remaining_days DOUBLE, progress DOUBLE,
    deadline DATE, baseline_finish DATE
);
CREATE TABLE model.link (
    dependency_id VARCHAR, predecessor_id VARCHAR, successor_id VARCHAR,  -- node ids
    type VARCHAR, lag_days INTEGER, need_by DATE
);
