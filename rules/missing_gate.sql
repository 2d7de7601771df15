/*
title: A gate that policy requires is planned nowhere
severity: high
key: [gate_kind, guarded_id]
evidence: The items of the handover, or the initiative in the register; every source that could hold the gate.
absence: true
why: >-
  A handover or an initiative needs a check (a security audit, a legal review) that no tool holds. It will be
  remembered when the work is finished, and its whole length is then added to the date.
fix: >-
  Plan the gate in the tool of those who do it, and link it to the handover's item or put it under the
  initiative. Start it early enough to end before the handover.
messages:
  provider:
    item: provider_item
    anchor: initiative_id
    department: from_department
    headline: "A {gate_words} must come before {from_department|department} hands [{provider_item|item}][{unlinked_what}] to {to_department|department}[ ({needed_on|date})], and no tool holds one."
    why:
      - "{required_words}"
      - "Such a gate usually takes {typical_days|days}."
      - {link: provider_item}
      - {link: consumer_item}
      - {fact: Projected handover without the gate, value: "{reaches_on|date}"}
    ask: "Who plans the {gate_words}, and when? Put it into a tool and link it."
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if none is needed, with the reason after it"}
  consumer:
    item: consumer_item
    anchor: initiative_id
    department: to_department
    headline: "A {gate_words} must come before you get [{provider_item|item}][{unlinked_what}] from {from_department|department}[ ({needed_on|date})], and no tool holds one."
    why:
      - "{required_words}"
      - "Such a gate usually takes {typical_days|days}, which comes on top of the date that you see."
      - {link: provider_item}
      - {link: consumer_item}
      - {fact: Projected handover without the gate, value: "{reaches_on|date}"}
    ask: "Ask {from_department|department} when the {gate_words} takes place, or accept the risk."
    answers:
      - {say: accept, means: "to live with it, with `until` and a date if it is for a time"}
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if none is needed, with the reason after it"}
  departments:
    anchor: initiative_id
    department: departments
    headline: "{initiative_id} needs a {gate_words}, and no tool holds one."
    why:
      - "{required_words}"
      - "Such a gate usually takes {typical_days|days}."
    ask: "Who plans the {gate_words}, and when? Put it into a tool under {initiative_id}."
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if none is needed, with the reason after it"}
cases:
  - name: fires for a handover whose gate no tool holds
    today: 2026-03-02
    given:
      work_item: &both
        - {item_id: "jira:A", department_id: it, initiative_id: CDP, due_date: 2026-03-13}
        - {item_id: "plan:B", department_id: marketing, initiative_id: CDP, start_date: 2026-03-16}
      dependency: &link [{predecessor_id: "jira:A", successor_id: "plan:B"}]
      gate: [{kind: security-audit, handover_id: "jira:A>plan:B", initiative_id: CDP, typical_days: 60}]
    expect:
      - {gate_kind: security-audit, guarded_id: "jira:A>plan:B", subject_id: "jira:A>plan:B", from_department: it,
         to_department: marketing, initiative_id: CDP, typical_days: 60, evidence: ["jira:A", "plan:B", plan]}
  - name: silent when a tool holds the gate
    today: 2026-03-02
    given:
      work_item: *both
      dependency: *link
      gate: [{kind: security-audit, handover_id: "jira:A>plan:B", initiative_id: CDP, item_id: "jira:SEC-1"}]
    expect: []
  - name: fires for an initiative whose template requires it, in all its departments
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it, marketing]}]
      gate: [{kind: security-audit, initiative_id: CDP, required_by: template}]
    expect:
      - {gate_kind: security-audit, guarded_id: CDP, subject_id: CDP, from_department: null, to_department: null,
         initiative_id: CDP, departments: [it, marketing], evidence: ["register:initiative:CDP"]}
  - name: said once where a handover of the initiative already lacks the same gate
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it, marketing]}]
      work_item: *both
      dependency: *link
      gate:
        - {kind: security-audit, handover_id: "jira:A>plan:B", initiative_id: CDP}
        - {kind: security-audit, initiative_id: CDP, required_by: template}
        - {kind: legal-review, initiative_id: CDP, required_by: template}
    expect:
      - {gate_kind: legal-review, guarded_id: CDP}
      - {gate_kind: security-audit, guarded_id: "jira:A>plan:B"}
  - name: silent when the consumer has what it wanted, or the initiative is closed
    today: 2026-03-02
    given:
      initiative: [{initiative_id: OLD, departments: [it], stage: closed}]
      work_item:
        - {item_id: "jira:A", department_id: it, due_date: 2026-03-13}
        - {item_id: "plan:B", department_id: marketing, status: done, finish_date: 2026-02-27}
      dependency: *link
      gate:
        - {kind: security-audit, handover_id: "jira:A>plan:B"}
        - {kind: security-audit, initiative_id: OLD, required_by: template}
    expect: []
*/
WITH closed AS (
    SELECT initiative_id FROM initiative WHERE stage = 'closed'
),
before_handover AS (
    SELECT
        gate.kind, gate.handover_id, handover.from_department, handover.to_department, handover.provider_item,
        handover.consumer_item, handover.needed_on, handover.reaches_on, handover.stated_by, gate.required_by,
        coalesce(handover.what, 'the handover') AS what,
        coalesce(gate.initiative_id, handover.initiative_id, consumer.initiative_id, provider.initiative_id)
            AS initiative_id,
        [gate.initiative_id, handover.initiative_id, consumer.initiative_id, provider.initiative_id] AS initiatives,
        gate.typical_days
    FROM gate
    JOIN handover USING (handover_id)
    LEFT JOIN work_item AS provider ON provider.item_id = handover.provider_item
    LEFT JOIN work_item AS consumer ON consumer.item_id = handover.consumer_item
    WHERE gate.item_id IS NULL
        AND handover.state IS DISTINCT FROM 'dropped'
        AND coalesce(handover.consumer_status, '') NOT IN ('done', 'dropped')
),
open_handover AS (
    SELECT * FROM before_handover
    WHERE coalesce(initiative_id, '') NOT IN (SELECT initiative_id FROM closed)
    QUALIFY 1 = row_number() OVER (
        PARTITION BY kind, handover_id ORDER BY required_by, typical_days DESC NULLS LAST
    )
),
told_already AS (
    SELECT kind, unnest(initiatives) AS initiative_id FROM open_handover
),
before_stage AS (
    SELECT gate.kind, gate.initiative_id, min(gate.required_by) AS required_by, max(gate.typical_days) AS typical_days
    FROM gate
    WHERE gate.handover_id IS NULL AND gate.item_id IS NULL
        AND gate.initiative_id NOT IN (SELECT initiative_id FROM closed)
    GROUP BY gate.kind, gate.initiative_id
),
open_stage AS (
    SELECT before_stage.*
    FROM before_stage
    ANTI JOIN told_already USING (kind, initiative_id)
),
working AS (
    SELECT initiative_id, list(DISTINCT department_id ORDER BY department_id) AS departments
    FROM (
        SELECT initiative_id, unnest(departments) AS department_id FROM initiative
        UNION
        SELECT initiative_id, department_id FROM work_item WHERE department_id IS NOT NULL AND status <> 'dropped'
    )
    WHERE initiative_id IN (SELECT initiative_id FROM open_stage)
    GROUP BY initiative_id
),
missing AS (
    SELECT
        kind AS gate_kind, handover_id AS guarded_id, from_department, to_department,
        list_concat(
            [provider_item, consumer_item],
            list_filter(string_split(stated_by, ', '), lambda source: source <> 'template'),
            [CASE WHEN provider_item IS NULL OR consumer_item IS NULL
                THEN 'register:initiative:' || initiative_id END]
        ) AS evidence,
        initiative_id, required_by, typical_days, provider_item, consumer_item, needed_on, reaches_on,
        CASE WHEN provider_item IS NULL THEN what END AS unlinked_what,
        CAST(NULL AS VARCHAR[]) AS departments
    FROM open_handover
    UNION ALL BY NAME
    SELECT
        open_stage.kind AS gate_kind, open_stage.initiative_id AS guarded_id,
        ['register:initiative:' || open_stage.initiative_id] AS evidence,
        open_stage.initiative_id, open_stage.required_by, open_stage.typical_days, working.departments
    FROM open_stage
    LEFT JOIN working USING (initiative_id)
)
SELECT
    gate_kind,
    guarded_id,
    guarded_id AS subject_id,
    from_department,
    to_department,
    evidence,
    initiative_id,
    replace(gate_kind, '-', ' ') AS gate_words,
    CASE required_by
        WHEN 'template' THEN 'Every initiative of this type needs it.'
        ELSE 'The company''s policy requires it before such a handover.'
    END AS required_words,
    typical_days,
    provider_item,
    consumer_item,
    unlinked_what,
    needed_on,
    reaches_on,
    departments
FROM missing
