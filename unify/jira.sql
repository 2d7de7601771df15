-- Jira, Cloud and Data Center: issues, their links, what their changelog says of due dates and statuses, and people.
-- Input: `issue`, `issue_version`, `change` (warehouse/raw.py), variables `source_id`, `options`, `cursor`.
-- Fields: Jira Cloud REST v3 and Data Center REST v2, IssueBean; status categories are new, indeterminate, done,
-- undefined. What differs: Cloud knows people by accountId, Data Center by key (their user name can change); Data
-- Center names an issue's epic in a field (`epic_link` in `fields`), and changed fields in the changelog by name alone.

SET VARIABLE fields = coalesce(getvariable('cursor') -> '$.fields', getvariable('options') -> '$.fields');
SET VARIABLE own_account = getvariable('cursor') ->> '$.account';
SET VARIABLE dropped_resolutions = (
    SELECT list(lower(trim(word))) FROM (SELECT unnest(getvariable('options') ->> '$.dropped_resolutions[*]') AS word)
);

CREATE OR REPLACE TEMP TABLE jira_link_type AS
SELECT lower(key) AS name, getvariable('options') -> '$.links' -> key ->> '$.type' AS type,
       getvariable('options') -> '$.links' -> key ->> '$.predecessor' AS predecessor
FROM (SELECT unnest(json_keys(getvariable('options') -> '$.links')) AS key);

CREATE OR REPLACE TEMP MACRO account_of(person) AS
    coalesce((person ->> '$.accountId'), (person ->> '$.key'), (person ->> '$.name'));

-- A field's value in words: plain, an option's `value`, a named thing's `name` or address, or a list of these.
CREATE OR REPLACE TEMP MACRO in_words(found) AS
    CASE json_type(found)
        WHEN 'OBJECT' THEN coalesce((found ->> '$.value'), (found ->> '$.emailAddress'),
                                    CASE WHEN (found ->> '$.displayName') IS NOT NULL THEN (found ->> '$.key') END,
                                    (found ->> '$.name'), (found ->> '$.displayName'), (found ->> '$.key'))
        WHEN 'ARRAY' THEN array_to_string(list_transform(CAST(found AS JSON[]),
            lambda entry: coalesce((entry ->> '$.value'), (entry ->> '$.name'), (entry ->> '$'))), '; ')
        WHEN 'NULL' THEN NULL
        ELSE trim((found ->> '$'))
    END;

-- The fields that the configuration maps to names of the hub, read from an issue in one go, in words.
SET VARIABLE custom_names = coalesce(json_keys(getvariable('fields')), CAST([] AS VARCHAR[]));
SET VARIABLE custom_paths = list_transform(
    getvariable('custom_names'), lambda name: '$.fields."' || (getvariable('fields') ->> name) || '"');
CREATE OR REPLACE TEMP MACRO mapped_fields(payload) AS
    list_transform(json_extract(payload, getvariable('custom_paths')), lambda found: in_words(found));
CREATE OR REPLACE TEMP MACRO custom(mapped, hub_field) AS
    mapped[list_position(getvariable('custom_names'), hub_field)];

-- The statuses of the site, as it told them itself (`status`, a stream that a source gets with its next pull).
CREATE OR REPLACE TEMP TABLE jira_none AS
SELECT NULL::VARCHAR AS _key, NULL::BIGINT AS _seq, NULL::JSON AS payload WHERE false;
SET VARIABLE jira_statuses = (
    SELECT coalesce(max(stream), 'jira_none')
    FROM ops.stream WHERE source_id = getvariable('source_id') AND stream = 'status'
);

CREATE OR REPLACE TEMP TABLE jira_status AS
SELECT DISTINCT ON (status_id)
    (told ->> '$.id') AS status_id,
    (told ->> '$.name') AS name,
    CASE (told ->> '$.statusCategory.key')
        WHEN 'done' THEN 'done' WHEN 'indeterminate' THEN 'in progress' ELSE 'not started'
    END AS status
FROM (
    SELECT payload AS told, true AS of_site, _seq FROM query_table(getvariable('jira_statuses'))
    UNION ALL
    SELECT (payload -> '$.fields.status'), false, _seq FROM issue_version WHERE payload IS NOT NULL
)
ORDER BY status_id, of_site DESC, _seq DESC;

INSERT INTO staged_item BY NAME
WITH named AS (
    SELECT
        _key AS record_key,
        min_by(payload ->> '$.key', _version) AS first_key,
        list_distinct(list(payload ->> '$.key')) AS former_keys,
        min(local_date(_at)) AS first_landed,
        max(_version) AS versions,
        max(local_date(_at)) AS last_landed
    FROM issue_version
    WHERE payload IS NOT NULL
    GROUP BY _key
), touched AS (
    SELECT _parent AS record_key, max(local_date(instant(payload ->> '$.created'))) AS changed_on
    FROM change
    WHERE account_of(payload -> '$.author') IS DISTINCT FROM getvariable('own_account')
    GROUP BY _parent
)
SELECT
    getvariable('source_id') AS source_id,
    issue._key AS record_key,
    '' AS scope,
    named.first_key,
    (payload ->> '$.key') AS native_key,
    named.former_keys,
    CASE
        WHEN (payload ->> '$.fields.issuetype.name') ILIKE '%milestone%' THEN 'milestone'
        WHEN (payload ->> '$.fields.issuetype.name') ILIKE '%deliverable%' THEN 'deliverable'
        WHEN (payload ->> '$.fields.issuetype.name') ILIKE 'epic' THEN 'milestone'
        ELSE 'task'
    END AS kind,
    (payload ->> '$.fields.issuetype.name') AS type,
    coalesce(payload ->> '$.fields.project.key', regexp_extract(payload ->> '$.key', '^(.*)-\d+$', 1)) AS project,
    (payload ->> '$.fields.components[*].name') AS components,
    trim(payload ->> '$.fields.summary') AS title,
    (payload ->> '$.fields.labels[*]') AS labels,
    coalesce(custom(mapped, 'owner'), account_of(payload -> '$.fields.assignee')) AS owner,
    coalesce(
        list_filter(
            list_transform(payload ->> '$.fields.labels[*]',
                           lambda label: nullif(regexp_extract(label, '(?i)^initiative:(.+)$', 1), '')),
            lambda name: name IS NOT NULL
        )[1],
        custom(mapped, 'initiative')
    ) AS initiative,
    true AS initiative_from_ancestor,
    coalesce((payload ->> '$.fields.parent.id'), custom(mapped, 'epic_link'), custom(mapped, 'parent_link')) AS parent_key,
    CASE
        WHEN (payload ->> '$.fields.status.statusCategory.key') = 'done'
            THEN CASE
                WHEN list_contains(getvariable('dropped_resolutions'),
                                   lower(trim(payload ->> '$.fields.resolution.name'))) THEN 'dropped'
                ELSE 'done'
            END
        WHEN (payload ->> '$.fields.status.statusCategory.key') = 'indeterminate' THEN 'in progress'
        ELSE 'not started'
    END AS status,
    (payload ->> '$.fields.status.name') AS source_status,
    coalesce(custom(mapped, 'priority'), (payload ->> '$.fields.priority.name')) AS source_priority,
    TRY_CAST(custom(mapped, 'start') AS DATE) AS start_date,
    coalesce(TRY_CAST(custom(mapped, 'due') AS DATE), TRY_CAST(payload ->> '$.fields.duedate' AS DATE)) AS due_date,
    TRY_CAST(custom(mapped, 'actual_start') AS DATE) AS actual_start,
    coalesce(TRY_CAST(custom(mapped, 'finish') AS DATE),
             local_date(instant(payload ->> '$.fields.resolutiondate'))) AS finish_date,
    TRY_CAST(custom(mapped, 'deadline') AS DATE) AS deadline,
    TRY_CAST(custom(mapped, 'need_by') AS DATE) AS need_by,
    coalesce(
        TRY_CAST(custom(mapped, 'estimate') AS DOUBLE),
        TRY_CAST(coalesce(payload ->> '$.fields.timetracking.originalEstimateSeconds',
                          (payload ->> '$.fields.timeoriginalestimate')) AS DOUBLE) / 3600 / 8
    ) AS estimate_days,
    TRY_CAST(coalesce(payload ->> '$.fields.timetracking.remainingEstimateSeconds',
                      (payload ->> '$.fields.timeestimate')) AS DOUBLE) / 3600 / 8 AS remaining_days,
    CASE WHEN TRY_CAST(custom(mapped, 'progress') AS DOUBLE) > 1
        THEN TRY_CAST(custom(mapped, 'progress') AS DOUBLE) / 100
        ELSE TRY_CAST(custom(mapped, 'progress') AS DOUBLE)
    END AS progress,
    custom(mapped, 'depends_on') AS depends_on,
    custom(mapped, 'same_as') AS same_as,
    (payload ->> '$.fields.security.id') IS NOT NULL AS restricted,
    rtrim(coalesce(getvariable('cursor') ->> '$.site', getvariable('options') ->> '$.url'), '/') || '/browse/' || (payload ->> '$.key') AS url,
    (payload ->> '$.key') AS locator,
    named.first_landed,
    greatest(touched.changed_on, local_date(instant(payload ->> '$.fields.created')),
             CASE WHEN named.versions > 1 AND touched.changed_on IS NULL THEN named.last_landed END) AS touched_on
FROM (SELECT *, mapped_fields(payload) AS mapped FROM issue) AS issue
JOIN named ON named.record_key = issue._key
LEFT JOIN touched ON touched.record_key = issue._key;

INSERT INTO staged_link BY NAME
WITH stated AS (
    SELECT _key AS record_key, unnest(json_extract(payload, '$.fields.issuelinks[*]')) AS link FROM issue
)
SELECT
    getvariable('source_id') AS source_id,
    record_key,
    coalesce(link ->> '$.outwardIssue.key', (link ->> '$.inwardIssue.key')) AS other_key,
    known.type,
    0 AS lag_days,
    -- The issue that sees the other as `outwardIssue` is the one whose sentence is the outward phrase.
    ((link -> '$.outwardIssue') IS NOT NULL) = (known.predecessor = 'outward') AS comes_first,
    (link ->> '$.type.name') AS field
FROM stated
JOIN jira_link_type AS known ON known.name = lower(link ->> '$.type.name')
WHERE coalesce(link ->> '$.outwardIssue.key', (link ->> '$.inwardIssue.key')) IS NOT NULL;

-- A due date set when the issue was made is the first change's `from`, or the present one where none changed.
INSERT INTO staged_promise BY NAME
WITH moved AS (
    SELECT
        _parent AS record_key,
        instant(payload ->> '$.created') AS promised_at,
        unnest(json_extract(payload, '$.items[*]')) AS item,
        TRY_CAST(_key AS BIGINT) AS position
    FROM change
), due AS (
    SELECT record_key, promised_at, position,
           TRY_CAST(left(item ->> '$.from', 10) AS DATE) AS was, TRY_CAST(left(item ->> '$.to', 10) AS DATE) AS became
    FROM moved
    WHERE CASE
        WHEN (item ->> '$.fieldId') IS NOT NULL
            THEN (item ->> '$.fieldId') = coalesce((getvariable('fields') ->> 'due'), 'duedate')
        ELSE (item ->> '$.field')
            = coalesce((getvariable('fields') ->> 'due_name'), (getvariable('fields') ->> 'due'), 'duedate')
    END
)
SELECT getvariable('source_id') AS source_id, record_key, promised_at, became AS due_date
FROM due
WHERE became IS NOT NULL
UNION ALL
SELECT getvariable('source_id'), issue._key, instant(payload ->> '$.fields.created'),
       coalesce(first_move.was, CASE WHEN first_move.record_key IS NULL
           THEN coalesce(TRY_CAST(custom(mapped_fields(payload), 'due') AS DATE), TRY_CAST(payload ->> '$.fields.duedate' AS DATE))
       END) AS due
FROM issue
LEFT JOIN (SELECT DISTINCT ON (record_key) record_key, was FROM due ORDER BY record_key, promised_at, position)
    AS first_move ON first_move.record_key = issue._key
WHERE due IS NOT NULL;

-- An issue was made in the status from which its first change led, or in the present one where none did. A status
-- that the site has no more is called as the change called it. What we saw with each pull is no part of the history:
-- between reading and landing an issue may have moved on.
INSERT INTO staged_status BY NAME
WITH moved AS (
    SELECT _parent AS record_key, instant(payload ->> '$.created') AS moved_at, TRY_CAST(_key AS BIGINT) AS position,
           unnest(json_extract(payload, '$.items[*]')) AS item
    FROM change
), turn AS (
    SELECT record_key, moved_at, position, (item ->> '$.from') AS was, (item ->> '$.fromString') AS was_called,
           (item ->> '$.to') AS became, (item ->> '$.toString') AS called
    FROM moved
    WHERE (item ->> '$.field') = 'status'
), stood AS (
    SELECT record_key, became AS status_id, called, moved_at AS moment, position FROM turn
    UNION ALL
    SELECT issue._key, CASE WHEN first_turn.record_key IS NULL THEN (payload ->> '$.fields.status.id') ELSE was END,
           coalesce(was_called, (payload ->> '$.fields.status.name')), instant(payload ->> '$.fields.created'), 0
    FROM issue
    LEFT JOIN (SELECT DISTINCT ON (record_key) * FROM turn ORDER BY record_key, moved_at, position) AS first_turn
        ON first_turn.record_key = issue._key
)
SELECT getvariable('source_id') AS source_id, record_key, jira_status.status,
       coalesce(jira_status.name, called) AS source_status, local_date(moment) AS since, moment, position
FROM stood
LEFT JOIN jira_status USING (status_id)
UNION ALL
SELECT getvariable('source_id'), _key, jira_status.status, jira_status.name, local_date(_at), NULL, NULL
FROM issue_version
JOIN jira_status ON jira_status.status_id = (payload ->> '$.fields.status.id');

INSERT INTO staged_person BY NAME
SELECT DISTINCT ON (account_id)
    getvariable('source_id') AS source_id, account_of(person) AS account_id,
    nullif(lower(person ->> '$.emailAddress'), '') AS email, (person ->> '$.displayName') AS name,
    coalesce(CAST(person ->> '$.active' AS BOOLEAN), true) AS active
FROM (
    SELECT (payload -> '$.fields.assignee') AS person, _seq FROM issue_version
    UNION ALL
    SELECT (payload -> '$.author'), _seq FROM change
)
WHERE account_of(person) IS NOT NULL
ORDER BY account_id, _seq DESC;

INSERT INTO staged_gone BY NAME
SELECT getvariable('source_id') AS source_id, min_by(payload ->> '$.key', _version) AS first_key,
       max_by(payload ->> '$.key', _version) AS key,
       max_by(_gone, _version) AS reason
FROM issue_version
WHERE _key NOT IN (SELECT _key FROM issue)
GROUP BY _key;

-- Sprints (a field of Jira Software's, where the site has it) and releases.
INSERT INTO staged_sprint BY NAME
SELECT getvariable('source_id') AS source_id, record_key, (sprint ->> '$.id') AS key, (sprint ->> '$.name') AS name,
       (sprint ->> '$.state') AS state, local_date(instant(sprint ->> '$.startDate')) AS starts_on,
       local_date(instant(sprint ->> '$.endDate')) AS ends_on,
       local_date(instant(sprint ->> '$.completeDate')) AS completed_on, _seq AS seen
FROM (
    SELECT _key AS record_key, _seq,
           unnest(TRY_CAST(payload -> ('$.fields."' || (getvariable('fields') ->> 'sprint') || '"') AS JSON[])) AS sprint
    FROM issue
)
WHERE (sprint ->> '$.id') IS NOT NULL;

INSERT INTO staged_version BY NAME
SELECT getvariable('source_id') AS source_id, record_key, (version ->> '$.id') AS key, (version ->> '$.name') AS name,
       TRY_CAST(version ->> '$.releaseDate' AS DATE) AS release_date, (version ->> '$.released') = 'true' AS released,
       _seq AS seen
FROM (SELECT _key AS record_key, _seq, unnest(json_extract(payload, '$.fields.fixVersions[*]')) AS version FROM issue)
WHERE (version ->> '$.id') IS NOT NULL;
