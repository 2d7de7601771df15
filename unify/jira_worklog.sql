-- Jira: time spent. Input: `worklog`, a record per issue with all that it has; after jira.sql, whose macros it uses.
-- What was read before the option was taken away is shown no more.
CREATE OR REPLACE TEMP TABLE jira_worklog AS
SELECT _key AS record_key, _seq, unnest(json_extract(payload, '$.worklogs[*]')) AS told
FROM worklog
WHERE (getvariable('options') ->> '$.worklogs') = 'true';

INSERT INTO staged_worklog BY NAME
SELECT getvariable('source_id') AS source_id, record_key, account_of(told -> '$.author') AS account_id,
       local_date(instant(told ->> '$.started')) AS worked_on, CAST(told ->> '$.timeSpentSeconds' AS BIGINT) AS seconds
FROM jira_worklog;

INSERT INTO staged_person BY NAME
SELECT DISTINCT ON (account_id)
    getvariable('source_id') AS source_id, account_of(told -> '$.author') AS account_id,
    nullif(lower(told ->> '$.author.emailAddress'), '') AS email, (told ->> '$.author.displayName') AS name,
    coalesce(CAST(told ->> '$.author.active' AS BOOLEAN), true) AS active
FROM jira_worklog
WHERE account_of(told -> '$.author') NOT IN (
    SELECT account_id FROM staged_person WHERE source_id = getvariable('source_id'))
ORDER BY account_id, _seq DESC;
