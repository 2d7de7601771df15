-- Hours per item, person and day.
DELETE FROM model.worklog;
INSERT INTO model.worklog BY NAME
SELECT item_id, account.person_id, worked_on, sum(seconds) / 3600 AS hours
FROM staged_worklog
JOIN item USING (source_id, record_key)
JOIN account USING (source_id, account_id)
GROUP BY ALL;
