-- Salesforce: the configured objects as work items, their moved dates and statuses, and people.
-- Input: a stream per object and `User` (warehouse/raw.py), variables `source_id`, `options`, `cursor`.
-- The cursor's `objects` holds, per object that was read, the JSON path of each hub name (`fields`).

SET VARIABLE sf_hubs = ['title', 'due', 'status', 'owner', 'depends_on', 'need_by', 'initiative', 'priority', 'start',
    'progress', 'labels', 'parent', 'type', 'estimate', 'remaining', 'deadline', 'actual_start', 'finish', 'same_as',
    'department', 'what', 'commitment'];
CREATE OR REPLACE TEMP TABLE sf_object AS
SELECT stream.stream AS name, getvariable('cursor') -> '$.objects' -> stream.stream -> '$.fields' AS fields
FROM ops.stream
WHERE stream.source_id = getvariable('source_id')
    AND list_contains(coalesce(json_keys(getvariable('cursor') -> '$.objects'), CAST([] AS VARCHAR[])), stream.stream);
SET VARIABLE sf_versions = (SELECT coalesce(list(name || '_version' ORDER BY name), CAST([] AS VARCHAR[])) FROM sf_object);
-- All paths of all objects: each record is read once, for all of them (a path at a time: 100,000 deals 8 s).
SET VARIABLE sf_paths = list_distinct(list_concat(
    ['$.IsDeleted', '$.IsClosed', '$.IsWon', '$.OwnerId'],
    (SELECT coalesce(flatten(list(fields ->> '$.*')), CAST([] AS VARCHAR[])) FROM sf_object)));
CREATE OR REPLACE TEMP TABLE sf_place AS
SELECT name, list_transform(getvariable('sf_hubs'), lambda hub:
    list_position(getvariable('sf_paths'), (fields ->> ('$.' || hub)))) AS places
FROM sf_object;
CREATE OR REPLACE TEMP MACRO at_path(found, path) AS found[list_position(getvariable('sf_paths'), path)];

-- A table of the views' shape, so that a source of which no object was ever read has something to stand on.
CREATE OR REPLACE TEMP TABLE sf_none AS
SELECT NULL::VARCHAR AS _key, NULL::INTEGER AS _version, NULL::TIMESTAMP AS _at, NULL::VARCHAR AS _scope,
       NULL::VARCHAR AS _gone, NULL::JSON AS payload
WHERE false;
CREATE OR REPLACE TEMP TABLE sf_version AS
SELECT _key, _version, _at, _scope, _gone, at_path(found, '$.IsDeleted') = 'true' AS is_deleted,
       at_path(found, '$.OwnerId') AS owner_id,
       -- A closed opportunity is won or lost; anything else that says it is closed is done. NULL: as its words tell.
       CASE WHEN at_path(found, '$.IsClosed') = 'true'
           THEN CASE WHEN at_path(found, '$.IsWon') = 'false' THEN 'dropped' ELSE 'done' END END AS closed_as,
       list_transform(places, lambda place: nullif(trim(found[place]), '')) AS told
FROM (
    SELECT *, json_extract_string(payload, getvariable('sf_paths')) AS found
    FROM query_table(list_prepend('sf_none', getvariable('sf_versions')), true)
)
LEFT JOIN sf_place ON sf_place.name = _scope;
-- A record in the recycle bin says so itself (`queryAll`), before any census misses it.
CREATE OR REPLACE TEMP TABLE sf_record AS
FROM (FROM sf_version QUALIFY row_number() OVER (PARTITION BY _key ORDER BY _version DESC) = 1)
WHERE _gone IS NULL AND is_deleted IS DISTINCT FROM true;

-- What a record holds under a hub name; a list of picked values (`a;b`) stays text.
CREATE OR REPLACE TEMP MACRO said(told, hub) AS told[list_position(getvariable('sf_hubs'), hub)];
-- A day of a date field, or the company's day of a moment.
CREATE OR REPLACE TEMP MACRO day_in(words) AS
    CASE WHEN length(words) > 10 THEN local_date(instant(words)) ELSE TRY_CAST(words AS DATE) END;

INSERT INTO staged_item BY NAME
WITH named AS (
    SELECT _key AS record_key, min(local_date(_at)) AS first_landed, max(local_date(_at)) AS last_landed
    FROM sf_version
    WHERE _gone IS NULL
    GROUP BY _key
)
SELECT
    getvariable('source_id') AS source_id, _key AS record_key, _scope AS scope, _key AS first_key,
    _key AS native_key, [_key] AS former_keys,
    CASE
        WHEN _scope = 'Opportunity' THEN 'deal'
        WHEN said(told, 'type') ILIKE '%milestone%' OR _scope ILIKE '%milestone%' THEN 'milestone'
        WHEN said(told, 'type') ILIKE '%deliverable%' OR _scope ILIKE '%deliverable%' THEN 'deliverable'
        ELSE 'task'
    END AS kind,
    coalesce(said(told, 'type'), _scope) AS type, NULL AS project, NULL AS components,
    coalesce(said(told, 'title'), _key) AS title,
    list_filter(list_transform(regexp_split_to_array(said(told, 'labels'), '[;,\n]'),
                               lambda label: trim(label)), lambda label: label <> '') AS labels,
    said(told, 'department') AS department,
    coalesce(said(told, 'owner'), owner_id) AS owner,
    said(told, 'initiative') AS initiative,
    said(told, 'parent') AS parent_key,
    -- A parent that is no configured object, such as the account of a deal, is no mistake of anybody's.
    true AS initiative_from_ancestor,
    closed_as AS status,
    said(told, 'status') AS source_status,
    said(told, 'priority') AS source_priority,
    day_in(said(told, 'start')) AS start_date, day_in(said(told, 'due')) AS due_date,
    day_in(said(told, 'actual_start')) AS actual_start,
    -- Whoever closes a deal dates it with the day: a closed one's due date is when it was closed.
    coalesce(day_in(said(told, 'finish')),
             CASE WHEN closed_as = 'done' AND _scope = 'Opportunity' THEN day_in(said(told, 'due')) END
    ) AS finish_date,
    day_in(said(told, 'deadline')) AS deadline, day_in(said(told, 'need_by')) AS need_by,
    TRY_CAST(said(told, 'estimate') AS DOUBLE) AS estimate_days,
    TRY_CAST(said(told, 'remaining') AS DOUBLE) AS remaining_days,
    CASE WHEN TRY_CAST(said(told, 'progress') AS DOUBLE) > 1
        THEN TRY_CAST(said(told, 'progress') AS DOUBLE) / 100
        ELSE TRY_CAST(said(told, 'progress') AS DOUBLE)
    END AS progress,
    said(told, 'depends_on') AS depends_on, said(told, 'same_as') AS same_as,
    said(told, 'what') AS what, said(told, 'commitment') AS commitment,
    false AS restricted,
    (getvariable('options') ->> '$.domain') || '/' || _key AS url,
    _key AS locator, named.first_landed, named.last_landed AS touched_on
FROM sf_record
JOIN named ON named.record_key = sf_record._key;

-- Salesforce keeps no history of a date that could be counted on: what was promised is what each version said.
INSERT INTO staged_promise BY NAME
SELECT getvariable('source_id') AS source_id, _key AS record_key, _at AS promised_at,
       day_in(said(told, 'due')) AS due_date
FROM sf_version
WHERE _gone IS NULL AND day_in(said(told, 'due')) IS NOT NULL;

INSERT INTO staged_status BY NAME
SELECT getvariable('source_id') AS source_id, _key AS record_key, closed_as AS status,
       said(told, 'status') AS source_status, local_date(_at) AS since, _at AS moment,
       _version AS position
FROM sf_version
WHERE _gone IS NULL;

INSERT INTO staged_person BY NAME
SELECT getvariable('source_id') AS source_id, _key AS account_id,
       nullif(lower(payload ->> '$.Email'), '') AS email, (payload ->> '$.Name') AS name,
       coalesce((payload ->> '$.IsActive') = 'true', true) AS active
FROM "User";

INSERT INTO staged_gone BY NAME
SELECT getvariable('source_id') AS source_id, _key AS first_key, _key AS key,
       coalesce(max_by(_gone, _version), 'deleted') AS reason
FROM sf_version
WHERE _key NOT IN (SELECT _key FROM sf_record)
GROUP BY _key;
