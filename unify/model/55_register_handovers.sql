-- What the register says of handovers; those with both items join their dependency in 60_derive.
DELETE FROM model.handover;
INSERT INTO model.handover BY NAME
SELECT
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
) AS dependency ON dependency.provider_node = p.node_id AND dependency.consumer_node = c.node_id
QUALIFY row_number() OVER (PARTITION BY handover_id ORDER BY said.place) = 1;
