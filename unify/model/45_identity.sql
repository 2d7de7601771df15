-- Handovers and sameness as the register states them, with the items found.
CREATE OR REPLACE TEMP TABLE register_handover AS
SELECT
    said.record_key, said.place, said.initiative AS initiative_words,
    -- What the row leaves out, its items tell.
    CASE WHEN folded(said.initiative) IS NULL THEN coalesce(consumer.initiative_id, provider.initiative_id)
         ELSE initiative_name.initiative_id END AS initiative_id,
    CASE WHEN folded(said.from_department) IS NULL THEN provider.department_id
         ELSE from_name.department_id END AS from_department,
    CASE WHEN folded(said.to_department) IS NULL THEN consumer.department_id
         ELSE to_name.department_id END AS to_department,
    folded(said.initiative) IS NOT NULL AND initiative_name.initiative_id IS NULL
        OR folded(said.from_department) IS NOT NULL AND from_name.department_id IS NULL
        OR folded(said.to_department) IS NOT NULL AND to_name.department_id IS NULL AS has_unknown,
    said.what,
    ends.provider_item, ends.consumer_item, said.need_by, provider_owner.person_id AS provider_owner,
    consumer_owner.person_id AS consumer_owner, said.commitment, said.state
FROM staged_handover AS said
LEFT JOIN (
    SELECT holder_row, min(target_id) FILTER (field = 'provider item') AS provider_item,
           min(target_id) FILTER (field = 'consumer item') AS consumer_item
    FROM resolved
    GROUP BY holder_row
) AS ends ON ends.holder_row = said.record_key
LEFT JOIN model.work_item AS provider ON provider.item_id = ends.provider_item
LEFT JOIN model.work_item AS consumer ON consumer.item_id = ends.consumer_item
LEFT JOIN person_meant AS provider_owner
    ON provider_owner.source_id = 'register' AND provider_owner.words = said.provider_owner
LEFT JOIN person_meant AS consumer_owner
    ON consumer_owner.source_id = 'register' AND consumer_owner.words = said.consumer_owner
LEFT JOIN model.initiative_name ON initiative_name.name = folded(said.initiative)
LEFT JOIN department_name AS from_name ON from_name.name = folded(said.from_department)
LEFT JOIN department_name AS to_name ON to_name.name = folded(said.to_department);

INSERT INTO model.reference_problem
SELECT 'register:' || coalesce(trim(initiative), '?'), field, trim(word), reason
FROM (
    SELECT initiative, 'initiative' AS field, initiative AS word,
           'the Handovers sheet names an initiative that the Initiatives sheet does not hold' AS reason
    FROM staged_handover WHERE folded(initiative) NOT IN (SELECT name FROM model.initiative_name)
    UNION ALL
    SELECT initiative, 'from', from_department, 'no department of the configuration has this id or name'
    FROM staged_handover WHERE folded(from_department) NOT IN (SELECT name FROM department_name)
    UNION ALL
    SELECT initiative, 'to', to_department, 'no department of the configuration has this id or name'
    FROM staged_handover WHERE folded(to_department) NOT IN (SELECT name FROM department_name)
);

-- Pairs of items that somebody stated to be one thing.
CREATE OR REPLACE TEMP TABLE same_pair AS
SELECT resolved.holder_id AS item_a, resolved.target_id AS item_b, 'key' AS made_by, item.first_landed AS since
FROM resolved JOIN item ON item.item_id = resolved.holder_id
WHERE resolved.field = 'same_as' AND resolved.target_id IS NOT NULL
UNION ALL
SELECT a.target_id, b.target_id, 'register', staged_same.since
FROM staged_same
JOIN resolved AS a ON a.holder_row = staged_same.record_key AND a.field = 'item' AND a.target_id IS NOT NULL
JOIN resolved AS b ON b.holder_row = staged_same.record_key AND b.field = 'same as' AND b.target_id IS NOT NULL;
