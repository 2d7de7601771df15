-- What the register says of handovers; those with both items join their dependency in 60_derive.
CREATE OR REPLACE TEMP TABLE stated_handover AS
SELECT
    said.place, said.initiative_words, said.has_unknown,
    CASE WHEN dependency.dependency_id IS NOT NULL
        THEN said.provider_item || '>' || said.consumer_item
        ELSE said.initiative_id || ':' || said.from_department || '>' || said.to_department || ':' || coalesce(said.what, '')
    END AS handover_id,
    dependency.dependency_id, said.initiative_id,
    said.from_department, said.to_department, said.what, said.provider_item, said.consumer_item,
    said.provider_owner, said.consumer_owner, 'FS' AS type,
    coalesce(dependency.lag_days, 0) AS lag_days, coalesce(dependency.need_by, said.need_by) AS need_by,
    said.commitment, said.state,
    coalesce(dependency.stated_by, 'register') AS stated_by
FROM register_handover AS said
LEFT JOIN model.identity AS p ON p.item_id = said.provider_item
LEFT JOIN model.identity AS c ON c.item_id = said.consumer_item
LEFT JOIN (
    SELECT dependency.*, before.node_id AS provider_node, after.node_id AS consumer_node
    FROM model.dependency
    JOIN model.identity AS before ON before.item_id = predecessor_id
    JOIN model.identity AS after ON after.item_id = successor_id
    WHERE type = 'FS'
) AS dependency ON dependency.provider_node = p.node_id AND dependency.consumer_node = c.node_id;

-- Several rows may state one handover (the same nodes); the earliest need-by plans.
DELETE FROM model.handover;
INSERT INTO model.handover BY NAME
SELECT * EXCLUDE (place, initiative_words, has_unknown, one) REPLACE (min(need_by) OVER (PARTITION BY one) AS need_by)
FROM (SELECT *, coalesce(dependency_id, handover_id) AS one FROM stated_handover)
WHERE handover_id IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY one ORDER BY place) = 1;

INSERT INTO model.reference_problem
SELECT 'register:' || coalesce(trim(initiative_words), '?'), 'handover', place,
       'this row names neither two items nor an initiative, From and To: nobody can tell whose handover it is'
FROM stated_handover WHERE handover_id IS NULL AND NOT has_unknown  -- what is unknown was told above
UNION ALL
SELECT 'register:' || coalesce(trim(initiative_words), '?'), 'handover', place,
       'an earlier row states a handover between the same departments; say in What how the two differ'
FROM stated_handover
WHERE handover_id IS NOT NULL AND dependency_id IS NULL
QUALIFY row_number() OVER (PARTITION BY handover_id ORDER BY place) > 1;
