-- Excel trackers: one item per row. Input: `"row"` and `row_version`, whose columns are the hub's names
-- (NULL where the tracker has no such column), variables `source_id`, `options`.

INSERT INTO staged_item BY NAME
WITH named AS (
    SELECT _key AS record_key, min(local_date(_at)) AS first_landed, max(local_date(_at)) AS last_landed
    FROM row_version
    WHERE _gone IS NULL
    GROUP BY _key
)
SELECT
    getvariable('source_id') AS source_id, _key AS record_key, _scope AS scope, _key AS first_key,
    _key AS native_key, [_key] AS former_keys,
    CASE
        WHEN type ILIKE '%milestone%' OR type ILIKE '%meilenstein%' THEN 'milestone'
        WHEN type ILIKE '%deliverable%' THEN 'deliverable'
        WHEN type ILIKE '%gate%' THEN 'gate'
        ELSE 'task'
    END AS kind,
    type, NULL AS project, NULL AS components, title,
    list_filter(list_transform(regexp_split_to_array(labels, '[;,\n]'), lambda label: trim(label)),
                lambda label: label <> '') AS labels,
    department, owner, initiative, parent AS parent_key, NULL AS status, status AS source_status,
    priority AS source_priority, CAST(start AS DATE) AS start_date, CAST(due AS DATE) AS due_date,
    CAST(actual_start AS DATE) AS actual_start, CAST(finish AS DATE) AS finish_date,
    CAST(deadline AS DATE) AS deadline, CAST(need_by AS DATE) AS need_by,
    CAST(estimate AS DOUBLE) AS estimate_days, CAST(remaining AS DOUBLE) AS remaining_days,
    CAST(progress AS DOUBLE) AS progress, depends_on, same_as, what, commitment, false AS restricted,
    url, _scope || ' › ' || _key AS locator, named.first_landed, named.last_landed AS touched_on
FROM "row"
JOIN named ON named.record_key = "row"._key;

INSERT INTO staged_promise BY NAME
SELECT getvariable('source_id') AS source_id, _key AS record_key, _at AS promised_at, CAST(due AS DATE) AS due_date
FROM row_version
WHERE due IS NOT NULL;

INSERT INTO staged_status BY NAME
SELECT getvariable('source_id') AS source_id, _key AS record_key,
       -- Where no status is stated, what else is stated tells it.
       CASE WHEN trim(status) <> '' THEN NULL
            WHEN finish IS NOT NULL OR CAST(progress AS DOUBLE) >= 1 THEN 'done'
            WHEN actual_start IS NOT NULL OR CAST(progress AS DOUBLE) > 0 THEN 'in progress' END AS status,
       status AS source_status, local_date(_at) AS since, _at AS moment, _version AS position
FROM row_version
WHERE _gone IS NULL;

INSERT INTO staged_gone BY NAME
SELECT getvariable('source_id') AS source_id, _key AS first_key, _key AS key, max_by(_gone, _version) AS reason
FROM row_version
WHERE _key NOT IN (SELECT _key FROM "row")
GROUP BY _key;
