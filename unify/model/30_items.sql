-- Work items: departments, owners, initiatives, statuses and priorities in the model's words.
CREATE OR REPLACE TEMP TABLE item AS
SELECT
    staged.source_id || ':' || staged.first_key AS item_id,
    staged.*,
    coalesce(named.department_id, mapped.department_id, source.department_id) AS department_id,
    folded(staged.department) IS NOT NULL AND named.department_id IS NULL AS department_unknown,
    owner.person_id AS owner_id,
    staged.source_id || ':' || coalesce(by_id.first_key, by_key.first_key) AS parent_id,
    own_initiative.initiative_id AS own_initiative_id
FROM staged_item AS staged
JOIN (
    SELECT *,
           CAST(options -> '$.departments.component' AS MAP(VARCHAR, VARCHAR)) AS of_component,
           CAST(options -> '$.departments.project' AS MAP(VARCHAR, VARCHAR)) AS of_project
    FROM company_source
) AS source USING (source_id)
LEFT JOIN department_name AS named ON named.name = folded(staged.department)
LEFT JOIN person_meant AS owner ON owner.source_id = staged.source_id AND owner.words = staged.owner
-- A tool's component or project may belong to another department than the source's own.
LEFT JOIN department_name AS mapped ON mapped.name = folded(coalesce(
    list_filter(list_transform(staged.components, lambda part: of_component[part]), lambda found: found IS NOT NULL)[1],
    of_project[staged.project]))
LEFT JOIN staged_item AS by_id
    ON by_id.source_id = staged.source_id AND by_id.record_key = staged.parent_key AND by_id.record_key <> staged.record_key
LEFT JOIN staged_item AS by_key
    ON by_key.source_id = staged.source_id AND by_key.native_key = staged.parent_key AND by_key.record_key <> staged.record_key
LEFT JOIN model.initiative_name AS own_initiative ON own_initiative.name = folded(staged.initiative);

DELETE FROM model.hidden_item;
INSERT INTO model.hidden_item
SELECT source_id || ':' || first_key, reason FROM staged_gone WHERE starts_with(reason, 'not visible');

INSERT INTO model.reference_problem
SELECT item_id, 'department', trim(department), 'no department of the configuration has this id or name'
FROM item WHERE department_unknown
UNION ALL
SELECT item_id, 'initiative', trim(initiative), 'no initiative of the register has this name or alias'
FROM item
WHERE folded(initiative) IS NOT NULL AND own_initiative_id IS NULL
    AND EXISTS (FROM model.initiative)
UNION ALL
SELECT item_id, 'parent', trim(parent_key), 'no item of this source has this key'
FROM item JOIN company_source USING (source_id)
WHERE folded(parent_key) IS NOT NULL AND parent_id IS NULL
    -- A Jira parent outside the JQL is no mistake of anybody's.
    AND initiative_from_ancestor IS NOT TRUE;

-- Each item with its ancestors; a chain longer than 30 is a circle of parents.
CREATE OR REPLACE TEMP TABLE ancestor AS
WITH RECURSIVE up (item_id, ancestor_id, height) AS (
    SELECT item_id, item_id, 0 FROM item
    UNION ALL
    SELECT up.item_id, item.parent_id, height + 1
    FROM up JOIN item ON item.item_id = up.ancestor_id
    WHERE item.parent_id IS NOT NULL AND height < 30
)
SELECT * FROM up;

CREATE OR REPLACE TEMP TABLE item_initiative AS
SELECT
    ancestor.item_id,
    max_by(named.initiative_id, height) FILTER (named.initiative_id IS NOT NULL) AS of_top_ancestor,
    min_by(above.own_initiative_id, height) FILTER (above.own_initiative_id IS NOT NULL) AS nearest_stated
FROM ancestor
JOIN item AS above ON above.item_id = ancestor.ancestor_id
LEFT JOIN model.initiative_name AS named
    ON above.initiative_from_ancestor AND named.name IN (folded(above.title), folded(above.native_key))
GROUP BY ancestor.item_id;

-- The model's status of each word that a tool used.
CREATE OR REPLACE TEMP TABLE status_of AS
SELECT
    used.source_id, used.word,
    coalesce(folded(own.value), list.status) AS status
FROM (SELECT DISTINCT source_id, folded(source_status) AS word FROM staged_item
      UNION SELECT DISTINCT source_id, folded(source_status) FROM staged_status) AS used
JOIN company_source AS source USING (source_id)
LEFT JOIN status_word AS list ON list.word = used.word
LEFT JOIN (
    SELECT source_id, folded(word) AS word, any_value(options -> '$.status_map' ->> word) AS value
    FROM (SELECT source_id, options, unnest(json_keys(options -> '$.status_map')) AS word FROM company_source)
    GROUP BY ALL
) AS own ON own.source_id = used.source_id AND own.word = used.word;

CREATE OR REPLACE TEMP TABLE seen AS
SELECT
    staged.source_id, staged.record_key,
    min(since) FILTER (coalesce(staged.status, status_of.status) = 'in progress') AS in_progress_on,
    min(since) FILTER (coalesce(staged.status, status_of.status) = 'done') AS done_on
FROM staged_status AS staged
LEFT JOIN status_of ON status_of.source_id = staged.source_id AND status_of.word = folded(staged.source_status)
GROUP BY ALL;

CREATE OR REPLACE TEMP TABLE item_status AS
SELECT
    item.item_id,
    coalesce(
        item.status, status_of.status,
        -- Where no status is stated, what else is stated tells it.
        CASE
            WHEN folded(item.source_status) IS NOT NULL THEN 'not started'
            WHEN item.finish_date IS NOT NULL OR item.progress >= 1 THEN 'done'
            WHEN item.actual_start IS NOT NULL OR item.progress > 0 THEN 'in progress'
            ELSE 'not started'
        END
    ) AS status,
    item.status IS NOT NULL OR status_of.status IS NOT NULL OR folded(item.source_status) IS NULL AS status_known,
    seen.in_progress_on, seen.done_on
FROM item
LEFT JOIN status_of ON status_of.source_id = item.source_id AND status_of.word = folded(item.source_status)
LEFT JOIN seen ON seen.source_id = item.source_id AND seen.record_key = item.record_key;

DELETE FROM model.work_item;
INSERT INTO model.work_item BY NAME
SELECT
    item.item_id, item.source_id, item.record_key, item.native_key, item.scope, item.kind, item.type, item.project,
    item.title, item.labels, item.department_id, item.owner_id,
    CASE WHEN item.initiative_from_ancestor
        THEN coalesce(of_top_ancestor, own_initiative_id, nearest_stated)
        ELSE coalesce(own_initiative_id, nearest_stated)
    END AS initiative_id,
    item.parent_id, item.item_id AS node_id,
    item_status.status, item_status.status_known, item.source_status,
    -- M is Must where a tool also says Should, Could or Won't; elsewhere it is the middle of high and low.
    CASE WHEN folded(item.source_priority) = 'm' AND item.source_id NOT IN (
             SELECT source_id FROM item WHERE folded(source_priority) IN ('s', 'c', 'w')) THEN 3
         ELSE priority_word.priority END AS priority,
    item.source_priority, item.start_date, item.due_date,
    CASE WHEN item_status.status IN ('in progress', 'done')
        THEN coalesce(item.actual_start, item_status.in_progress_on) END AS actual_start,
    CASE WHEN item_status.status = 'done' THEN coalesce(item.finish_date, item_status.done_on) END AS finish_date,
    item.estimate_days, item.remaining_days, item.progress, item.deadline, item.touched_on,
    CASE WHEN item.restricted THEN 'restricted' ELSE 'department' END AS class,
    item.url, item.locator
FROM item
JOIN item_status USING (item_id)
LEFT JOIN item_initiative USING (item_id)
LEFT JOIN priority_word ON priority_word.word = folded(item.source_priority);

-- Promises: each due date stated, in order; a date repeated is not a new promise. An answer that commits to a
-- date is one too.
DELETE FROM model.promise;
INSERT INTO model.promise BY NAME
WITH stated AS (
    SELECT item.item_id, promised_at, staged.due_date, staged.source_id AS source
    FROM staged_promise AS staged JOIN item USING (source_id, record_key)
    UNION ALL
    SELECT commitment.item_id, (CAST(said_on AS TIMESTAMP) + INTERVAL 1 DAY - INTERVAL 1 SECOND)
               AT TIME ZONE getvariable('timezone') AT TIME ZONE 'UTC', commitment.due_date,
           'answer'
    FROM breaks.commitment AS commitment JOIN item USING (item_id)
    WHERE commitment.due_date IS NOT NULL
), ordered AS (
    SELECT *, lag(due_date) OVER in_order AS before
    FROM stated
    WINDOW in_order AS (PARTITION BY item_id ORDER BY promised_at, due_date)
)
SELECT item_id, local_date(promised_at) AS promised_on, due_date,
       row_number() OVER (PARTITION BY item_id ORDER BY promised_at, due_date) AS nth, source
FROM ordered
WHERE before IS DISTINCT FROM due_date;

-- People who own something, worked on something, or are named in the register.
DELETE FROM model.person;
INSERT INTO model.person BY NAME
WITH involved AS (
    SELECT person_id FROM company_person
    UNION SELECT lead_id FROM company_department WHERE lead_id IS NOT NULL
    UNION SELECT owner_id FROM model.work_item WHERE owner_id IS NOT NULL
    UNION SELECT sponsor_id FROM model.initiative WHERE sponsor_id IS NOT NULL
    UNION SELECT controller_id FROM model.initiative WHERE controller_id IS NOT NULL
    UNION SELECT person_id FROM staged_worklog JOIN account USING (source_id, account_id)
)
SELECT
    involved.person_id,
    coalesce(max(configured.name), min(account.name), regexp_replace(involved.person_id, '^[^:@]*:', '')) AS name,
    coalesce(max(configured.department_id), min(led.department_id), mode(work_item.department_id)) AS department_id,
    coalesce(bool_and(account.active), true) AND NOT coalesce(bool_or(configured.has_left), false) AS active,
    max(configured.hours_per_week) AS hours_per_week
FROM involved
LEFT JOIN company_person AS configured USING (person_id)
LEFT JOIN company_department AS led ON led.lead_id = involved.person_id
LEFT JOIN account ON account.person_id = involved.person_id
LEFT JOIN model.work_item ON work_item.owner_id = involved.person_id
GROUP BY involved.person_id;
