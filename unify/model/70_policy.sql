-- What policy adds: the handovers that an initiative of its type always needs and nobody stated, and the gates
-- that handovers and initiatives require.
INSERT INTO model.handover BY NAME
SELECT
    initiative.initiative_id || ':' || template.from_department || '>' || template.to_department || ':'
        || coalesce(template.what, '') AS handover_id,
    initiative.initiative_id, template.from_department, template.to_department, template.what,
    'FS' AS type, 0 AS lag_days, 'requested' AS state, 'template' AS stated_by
FROM model.initiative
JOIN template_handover AS template ON template.type = initiative.type
WHERE initiative.stage IS DISTINCT FROM 'closed'
    AND NOT EXISTS (
        FROM model.handover AS stated
        LEFT JOIN model.work_item AS provider ON provider.item_id = stated.provider_item
        WHERE initiative.initiative_id IN (stated.initiative_id, provider.initiative_id)
            AND stated.from_department = template.from_department AND stated.to_department = template.to_department
    );

-- Items that count as a gate of a kind: policy's `match`, or for a kind without one, its name as type or label.
CREATE OR REPLACE TEMP TABLE gate_item AS
SELECT kind.kind, work_item.item_id, work_item.node_id, work_item.initiative_id
FROM (SELECT DISTINCT kind FROM (SELECT kind FROM gate_rule UNION SELECT kind FROM template_gate)) AS kind
JOIN model.work_item ON work_item.status <> 'dropped' AND (
    EXISTS (
        FROM gate_rule AS rule WHERE rule.kind = kind.kind AND rule.has_match
            AND (rule.match_source IS NULL OR rule.match_source = work_item.source_id)
            AND (rule.match_project IS NULL OR lower(work_item.project) = lower(rule.match_project))
            AND (rule.match_type IS NULL OR lower(work_item.type) = lower(rule.match_type))
            AND (rule.match_department IS NULL OR work_item.department_id = rule.match_department)
            AND (rule.match_label IS NULL
                 OR list_contains(list_transform(work_item.labels, lambda label: lower(label)), lower(rule.match_label)))
            AND (rule.match_title IS NULL OR lower(work_item.title) GLOB lower(rule.match_title))
    )
    OR (NOT EXISTS (FROM gate_rule AS rule WHERE rule.kind = kind.kind AND rule.has_match)
        AND (lower(work_item.type) = lower(kind.kind)
             OR list_contains(list_transform(work_item.labels, lambda label: lower(label)), lower(kind.kind))))
);

-- Policy's gate items are gates, whatever their tool calls them.
UPDATE model.work_item SET kind = 'gate' WHERE item_id IN (SELECT item_id FROM gate_item);

CREATE OR REPLACE TEMP TABLE gate_needed AS
SELECT DISTINCT rule.kind, handover.handover_id, handover.initiative_id, 'policy' AS required_by, rule.typical_days,
       handover.provider_item, handover.consumer_item
FROM gate_rule AS rule
JOIN model.handover ON handover.stated_by <> 'template' AND handover.state <> 'dropped'
LEFT JOIN model.work_item AS provider ON provider.item_id = handover.provider_item
LEFT JOIN model.initiative ON initiative.initiative_id = handover.initiative_id
WHERE (len(rule.handover_to) = 0 OR list_contains(rule.handover_to, handover.to_department))
    AND (len(rule.handover_from) = 0 OR list_contains(rule.handover_from, handover.from_department))
    AND (len(rule.labels) = 0 OR list_has_any(
        rule.labels,
        list_append(list_transform(coalesce(provider.labels, []), lambda label: lower(label)), coalesce(initiative.type, ''))))
UNION ALL
SELECT DISTINCT template_gate.kind, NULL, initiative.initiative_id, 'template', rule.typical_days, NULL, NULL
FROM template_gate
JOIN model.initiative ON initiative.type = template_gate.type AND initiative.stage IS DISTINCT FROM 'closed'
LEFT JOIN (SELECT kind, max(typical_days) AS typical_days FROM gate_rule GROUP BY kind) AS rule
    ON rule.kind = template_gate.kind;

-- A gate item is tied to a handover by a link with either of its ends, else by its initiative. One may serve many.
DELETE FROM model.gate;
INSERT INTO model.gate BY NAME
WITH linked AS (
    SELECT predecessor_id AS one, successor_id AS other FROM model.link
    UNION SELECT successor_id, predecessor_id FROM model.link
), tied AS (
    SELECT needed.kind, needed.handover_id, needed.initiative_id, gate_item.item_id, 1 AS strength
    FROM gate_needed AS needed
    JOIN model.identity AS ended ON ended.item_id IN (needed.provider_item, needed.consumer_item)
    JOIN linked ON linked.one = ended.node_id
    JOIN gate_item ON gate_item.kind = needed.kind AND gate_item.node_id = linked.other
    UNION ALL
    SELECT needed.kind, needed.handover_id, needed.initiative_id, gate_item.item_id, 1
    FROM gate_needed AS needed
    JOIN model.work_item AS inside ON needed.handover_id IS NULL AND inside.initiative_id = needed.initiative_id
    JOIN linked ON linked.one = inside.node_id
    JOIN gate_item ON gate_item.kind = needed.kind AND gate_item.node_id = linked.other
    UNION ALL
    SELECT needed.kind, needed.handover_id, needed.initiative_id, gate_item.item_id, 2
    FROM gate_needed AS needed
    JOIN gate_item ON gate_item.kind = needed.kind AND gate_item.initiative_id = needed.initiative_id
)
SELECT
    needed.kind || '@' || coalesce(needed.handover_id, needed.initiative_id) AS gate_id,
    needed.kind, needed.handover_id, needed.initiative_id,
    min_by(tied.item_id, (tied.strength, tied.item_id)) AS item_id,
    needed.required_by, max(needed.typical_days) AS typical_days
FROM gate_needed AS needed
LEFT JOIN tied ON tied.kind = needed.kind AND tied.handover_id IS NOT DISTINCT FROM needed.handover_id
    AND tied.initiative_id IS NOT DISTINCT FROM needed.initiative_id
GROUP BY ALL;
