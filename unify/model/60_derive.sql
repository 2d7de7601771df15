-- What follows from items, identities and dependencies alone: which dependencies are handovers, and between
-- whom; and the nodes and links that the plan works on. Reads and writes `model` only.

-- A node's members by authority: the order of the sources, then the id.
CREATE OR REPLACE TEMP TABLE member AS
SELECT identity.node_id, identity.made_by, work_item.* EXCLUDE (node_id), coalesce(source.position, 0) AS position
FROM model.identity
JOIN model.work_item USING (item_id)
LEFT JOIN company_source AS source USING (source_id);

UPDATE model.work_item SET node_id = identity.node_id FROM model.identity WHERE identity.item_id = work_item.item_id;

-- The department whose thing it is: an item that says of itself that it is the same as another is a copy.
CREATE OR REPLACE TEMP TABLE node_department AS
SELECT node_id, min_by(department_id, (coalesce(made_by = 'key', false), position, item_id)) AS home
FROM member
WHERE department_id IS NOT NULL
GROUP BY node_id;

-- The two departments of a dependency: those whose things they are; where these are one, those of the items
-- that the dependency was stated between.
CREATE OR REPLACE TEMP TABLE item_home AS
SELECT item_id, work_item.node_id, home, department_id FROM model.work_item JOIN node_department USING (node_id);

CREATE OR REPLACE TEMP TABLE sides AS
-- Provider first, then consumer: asked for both at once, with nodes that differ, DuckDB would begin with all pairs
-- of nodes where the items are new in this transaction, whose number it does not know (20,000 items: 23 s, not 0.1).
WITH provided AS MATERIALIZED (
    SELECT dependency.*, node_id AS provider_node, home AS provider_home, department_id AS provider_department
    FROM model.dependency JOIN item_home ON item_id = predecessor_id
)
SELECT
    dependency_id, type, lag_days, need_by, stated_by, provider_node, node_id AS consumer_node,
    CASE WHEN provider_home <> home THEN provider_home ELSE provider_department END AS from_department,
    CASE WHEN provider_home <> home THEN home ELSE department_id END AS to_department
FROM provided JOIN item_home ON item_id = successor_id
WHERE provider_node <> node_id;

CREATE OR REPLACE TEMP TABLE handover_sides AS
SELECT sides.*, provider.item_id AS provider_item, consumer.item_id AS consumer_item
FROM sides
JOIN (SELECT node_id, department_id, min(item_id) AS item_id FROM member GROUP BY ALL) AS provider
    ON provider.node_id = sides.provider_node AND provider.department_id = sides.from_department
JOIN (SELECT node_id, department_id, min(item_id) AS item_id FROM member GROUP BY ALL) AS consumer
    ON consumer.node_id = sides.consumer_node AND consumer.department_id = sides.to_department
WHERE from_department <> to_department;

-- Handovers that the register states are written by the same items and departments as all others.
UPDATE model.handover SET
    handover_id = sides.provider_item || '>' || sides.consumer_item
        || CASE WHEN sides.type = 'FS' THEN '' ELSE ' ' || sides.type END,
    provider_item = sides.provider_item, consumer_item = sides.consumer_item,
    from_department = sides.from_department, to_department = sides.to_department
FROM handover_sides AS sides
WHERE sides.dependency_id = handover.dependency_id
    AND coalesce(handover.from_department, sides.from_department) = sides.from_department
    AND coalesce(handover.to_department, sides.to_department) = sides.to_department;

INSERT INTO model.handover BY NAME
SELECT
    provider_item || '>' || consumer_item || CASE WHEN type = 'FS' THEN '' ELSE ' ' || type END AS handover_id,
    dependency_id, from_department, to_department, provider_item, consumer_item, type, lag_days, need_by, stated_by
FROM handover_sides
WHERE NOT EXISTS (FROM model.handover AS given WHERE given.dependency_id = handover_sides.dependency_id);

UPDATE model.dependency SET is_handover = true
WHERE dependency_id IN (SELECT dependency_id FROM model.handover);

-- What was committed in an answer comes after what the tools say.
UPDATE model.handover SET commitment = said.commitment
FROM (SELECT handover_id, max_by(commitment, said_on) AS commitment FROM breaks.commitment GROUP BY handover_id) AS said
WHERE said.handover_id = handover.handover_id;

-- Whose claim counts for a node: the provider's department (or as policy says, per field), then the order of
-- the sources. A field that the first does not state is taken from the next who does.
CREATE OR REPLACE TEMP TABLE claim_rank AS
WITH role AS (
    SELECT provider_node AS node_id, from_department AS department_id, 'provider' AS role FROM handover_sides
    UNION
    SELECT provider_node, to_department, 'consumer' FROM handover_sides
), field AS (
    SELECT unnest(['start_date', 'due_date', 'owner_id', 'status', 'estimate_days', 'deadline']) AS field
), wanted AS (
    SELECT field.field, coalesce(authority.who, any_date.who, 'provider') AS who
    FROM field
    LEFT JOIN authority ON authority.field = field.field
    LEFT JOIN authority AS any_date ON any_date.field = 'due_date'
)
SELECT
    member.node_id, member.item_id, wanted.field,
    row_number() OVER (
        PARTITION BY member.node_id, wanted.field
        ORDER BY CASE WHEN wanted.who IN (member.source_id, member.department_id) THEN 0
                      WHEN EXISTS (FROM role WHERE role.node_id = member.node_id AND role.role = wanted.who
                                   AND role.department_id = member.department_id) THEN 0
                      ELSE 1 END,
                 member.position, member.item_id
    ) AS rank
FROM member CROSS JOIN wanted;

DELETE FROM model.claim_conflict;
INSERT INTO model.claim_conflict BY NAME
WITH claim AS (
    SELECT node_id, item_id, unnest([
        {'field': 'start_date', 'value': CAST(start_date AS VARCHAR)},
        {'field': 'due_date', 'value': CAST(due_date AS VARCHAR)},
        {'field': 'owner_id', 'value': owner_id},
        {'field': 'status', 'value': CASE WHEN status_known IS NOT false THEN status END}
    ], recursive := true)
    FROM member
)
SELECT a.node_id, a.field, a.item_id AS item_a, a.value AS value_a, b.item_id AS item_b, b.value AS value_b,
       first.item_id AS authority
FROM claim AS a
JOIN claim AS b ON b.node_id = a.node_id AND b.field = a.field AND b.item_id > a.item_id
JOIN claim_rank AS first ON first.node_id = a.node_id AND first.field = a.field AND first.rank = 1
WHERE a.value <> b.value;

-- A tool's date stands until it changes after somebody committed to another one in an answer.
CREATE OR REPLACE TEMP TABLE committed AS
SELECT commitment.item_id, max_by(commitment.due_date, commitment.said_on) AS due_date
FROM breaks.commitment AS commitment
JOIN model.work_item USING (item_id)
WHERE commitment.due_date IS NOT NULL AND commitment.replaced_due IS NOT DISTINCT FROM work_item.due_date
GROUP BY commitment.item_id;

DELETE FROM model.node;
INSERT INTO model.node BY NAME
WITH first_promise AS (
    SELECT item_id, due_date FROM model.promise WHERE nth = 1
), ranked AS (
    SELECT member.*, coalesce(committed.due_date, member.due_date) AS planned_due, first_promise.due_date AS baseline,
           by_start.rank AS start_rank, by_due.rank AS due_rank, by_status.rank AS status_rank,
           by_estimate.rank AS estimate_rank, by_deadline.rank AS deadline_rank
    FROM member
    LEFT JOIN committed USING (item_id)
    LEFT JOIN first_promise USING (item_id)
    JOIN claim_rank AS by_start ON by_start.item_id = member.item_id AND by_start.field = 'start_date'
    JOIN claim_rank AS by_due ON by_due.item_id = member.item_id AND by_due.field = 'due_date'
    JOIN claim_rank AS by_status ON by_status.item_id = member.item_id AND by_status.field = 'status'
    JOIN claim_rank AS by_estimate ON by_estimate.item_id = member.item_id AND by_estimate.field = 'estimate_days'
    JOIN claim_rank AS by_deadline ON by_deadline.item_id = member.item_id AND by_deadline.field = 'deadline'
)
SELECT
    ranked.node_id,
    min_by(department_id, status_rank) AS department_id,
    min_by(above.node_id, status_rank) FILTER (above.node_id <> ranked.node_id) AS parent_id,
    min_by(status, status_rank) AS status,
    min_by(start_date, start_rank) FILTER (start_date IS NOT NULL) AS start_date,
    min_by(planned_due, due_rank) FILTER (planned_due IS NOT NULL) AS due_date,
    min_by(actual_start, status_rank) FILTER (actual_start IS NOT NULL) AS actual_start,
    min_by(finish_date, status_rank) FILTER (finish_date IS NOT NULL) AS finish_date,
    min_by(estimate_days, estimate_rank) FILTER (estimate_days IS NOT NULL) AS estimate_days,
    min_by(remaining_days, estimate_rank) FILTER (remaining_days IS NOT NULL) AS remaining_days,
    min_by(progress, status_rank) FILTER (progress IS NOT NULL) AS progress,
    min_by(deadline, deadline_rank) FILTER (deadline IS NOT NULL) AS deadline,
    min_by(baseline, due_rank) FILTER (baseline IS NOT NULL) AS baseline_finish
FROM ranked
LEFT JOIN model.identity AS above ON above.item_id = ranked.parent_id
GROUP BY ranked.node_id;

DELETE FROM model.link;
INSERT INTO model.link BY NAME
SELECT dependency_id, before.node_id AS predecessor_id, after.node_id AS successor_id, type, lag_days, need_by
FROM model.dependency
JOIN model.identity AS before ON before.item_id = dependency.predecessor_id
JOIN model.identity AS after ON after.item_id = dependency.successor_id;

-- How a handover stands is how its nodes stand, by the claims that count.
UPDATE model.handover SET
    initiative_id = coalesce(handover.initiative_id, told.initiative_id),
    what = coalesce(handover.what, told.what),
    provider_owner = coalesce(handover.provider_owner, told.provider_owner),
    consumer_owner = coalesce(handover.consumer_owner, told.consumer_owner),
    type = coalesce(handover.type, 'FS'),
    lag_days = coalesce(handover.lag_days, 0),
    stated_by = coalesce(handover.stated_by, 'register'),
    provider_status = told.provider_status, consumer_status = told.consumer_status,
    state = CASE
        WHEN told.provider_status = 'dropped' OR told.consumer_status = 'dropped' THEN 'dropped'
        WHEN handover.state IN ('accepted', 'returned') THEN handover.state
        WHEN told.provider_status = 'done' THEN 'delivered'
        WHEN handover.state IS NOT NULL AND handover.state <> 'requested' THEN handover.state
        WHEN handover.commitment IS NOT NULL THEN 'committed'
        ELSE coalesce(handover.state, 'requested')
    END
FROM (
    SELECT h.handover_id,
           coalesce(consumer.initiative_id, provider.initiative_id) AS initiative_id,
           provider.title AS what, provider.owner_id AS provider_owner, consumer.owner_id AS consumer_owner,
           provider_node.status AS provider_status, consumer_node.status AS consumer_status
    FROM model.handover AS h
    LEFT JOIN model.work_item AS provider ON provider.item_id = h.provider_item
    LEFT JOIN model.work_item AS consumer ON consumer.item_id = h.consumer_item
    LEFT JOIN model.identity AS provider_in ON provider_in.item_id = h.provider_item
    LEFT JOIN model.identity AS consumer_in ON consumer_in.item_id = h.consumer_item
    LEFT JOIN model.node AS provider_node ON provider_node.node_id = provider_in.node_id
    LEFT JOIN model.node AS consumer_node ON consumer_node.node_id = consumer_in.node_id
) AS told
WHERE told.handover_id = handover.handover_id;
