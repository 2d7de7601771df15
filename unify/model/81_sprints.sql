-- The sprints in which items are or were. None of it plans: that a sprint ends on a day is said of the sprint.
DELETE FROM model.sprint;
INSERT INTO model.sprint BY NAME
SELECT DISTINCT ON (sprint_id)
    source_id || ':sprint/' || key AS sprint_id, source_id, staged.name, staged.state, starts_on, ends_on, completed_on
FROM staged_sprint AS staged
JOIN item USING (source_id, record_key)
ORDER BY sprint_id, seen DESC, record_key;

DELETE FROM model.sprint_item;
INSERT INTO model.sprint_item BY NAME
SELECT DISTINCT source_id || ':sprint/' || key AS sprint_id, item_id
FROM staged_sprint
JOIN item USING (source_id, record_key);
