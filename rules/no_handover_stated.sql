/*
title: No handover stated
severity: medium
key: [initiative_id, department_id]
evidence: The initiative in the register, and the department's items in it; every source in which somebody could have stated a handover.
absence: true
why: >-
  Several departments work on one initiative, and this one has stated neither what it needs from the others nor
  what it gives them. A dependency that nobody states is kept in no plan, until it fails.
fix: >-
  State it where the work is planned: a link in Jira, a reference in the tracker's column for dependencies, or a
  row in the register's Handovers sheet. If the department needs and gives nothing, take it out of the
  initiative's departments, or accept.
messages:
  department:
    anchor: initiative_id
    department: department_id
    headline: "{department_id|department} works on {initiative_id} with {others|department}, and nobody has stated what it gives them or needs from them."
    why:
      - "{initiative_id} involves {involved|department}; none of its stated handovers has {department_id|department} on either side."
      - {fact: Expected for such an initiative, value: "{expected}"}
      - {fact: Items of yours in it, value: "{items_in_it|count item}"}
      - {link: first_items}
    ask: "State what you need from whom and by when, and what you give."
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if there is nothing to hand over, with the reason after it"}
cases:
  - name: fires for each department of an initiative in which nobody stated anything
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it, marketing]}]
      work_item: [{item_id: "jira:A", department_id: it, initiative_id: CDP}]
    expect:
      - {initiative_id: CDP, department_id: it, subject_id: CDP, from_department: it, to_department: null,
         evidence: ["register:initiative:CDP", "jira:A"], others: [marketing], items_in_it: 1}
      - {initiative_id: CDP, department_id: marketing, subject_id: CDP, from_department: marketing,
         to_department: null, evidence: ["register:initiative:CDP"], others: [it], items_in_it: null}
  - name: what a template created does not count as stated, and is told as expected
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it, marketing]}]
      department: [{department_id: it, name: IT}, {department_id: marketing, name: Marketing}]
      handover:
        - {initiative_id: CDP, from_department: it, to_department: marketing, what: access, stated_by: template}
    expect:
      - {department_id: it, expected: ["access, from IT to Marketing"]}
      - {department_id: marketing, expected: ["access, from IT to Marketing"]}
  - name: a department counts that only owns items in it
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it]}]
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP}
        - {item_id: "plan:B", department_id: marketing, initiative_id: CDP}
        - {item_id: "plan:C", department_id: finance, initiative_id: CDP}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect:
      - {initiative_id: CDP, department_id: finance}
  - name: silent when both sides take part in a handover of theirs
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it, marketing]}]
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP}
        - {item_id: "plan:B", department_id: marketing, initiative_id: SPRING}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect: []
  - name: silent when the register states it
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it, marketing]}]
      handover: [{initiative_id: CDP, from_department: it, to_department: marketing, what: access}]
    expect: []
  - name: a suggested handover is stated by nobody
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, departments: [it, marketing]}]
      handover: [{initiative_id: CDP, from_department: it, to_department: marketing, state: suggested}]
    expect:
      - {department_id: it}
      - {department_id: marketing}
  - name: silent for one department alone, and for a closed initiative
    today: 2026-03-02
    given:
      initiative:
        - {initiative_id: SOLO, departments: [it]}
        - {initiative_id: OLD, departments: [it, marketing], stage: closed}
    expect: []
*/
WITH involved AS (
    SELECT initiative_id, unnest(departments) AS department_id FROM initiative
    UNION
    SELECT initiative_id, department_id
    FROM work_item
    WHERE initiative_id IS NOT NULL AND department_id IS NOT NULL AND status <> 'dropped'
),
shared AS (
    SELECT involved.initiative_id, list(involved.department_id ORDER BY involved.department_id) AS departments
    FROM involved
    JOIN initiative USING (initiative_id)
    WHERE coalesce(initiative.stage, '') <> 'closed'
    GROUP BY involved.initiative_id
    HAVING count(*) >= 2
),
stated AS (
    SELECT handover.from_department, handover.to_department,
           [handover.initiative_id, provider.initiative_id, consumer.initiative_id] AS initiatives
    FROM handover
    LEFT JOIN work_item AS provider ON provider.item_id = handover.provider_item
    LEFT JOIN work_item AS consumer ON consumer.item_id = handover.consumer_item
    WHERE handover.stated_by IS DISTINCT FROM 'template'
        AND coalesce(handover.state, '') NOT IN ('suggested', 'dropped')
),
taking_part AS (
    SELECT unnest(initiatives) AS initiative_id, from_department AS department_id FROM stated
    UNION
    SELECT unnest(initiatives), to_department FROM stated
),
template AS (
    SELECT
        handover.initiative_id, unnest([handover.from_department, handover.to_department]) AS department_id,
        coalesce(handover.what || ', ', '') || 'from ' || coalesce(provider.name, handover.from_department)
            || ' to ' || coalesce(consumer.name, handover.to_department) AS words
    FROM handover
    LEFT JOIN department AS provider ON provider.department_id = handover.from_department
    LEFT JOIN department AS consumer ON consumer.department_id = handover.to_department
    WHERE handover.stated_by = 'template' AND coalesce(handover.state, '') <> 'dropped'
),
expected AS (
    SELECT initiative_id, department_id, list(DISTINCT words ORDER BY words) AS handovers
    FROM template
    GROUP BY initiative_id, department_id
),
-- One item of each source is evidence enough that the department works on it there.
by_source AS (
    SELECT initiative_id, department_id, source_id, min(item_id) AS first_item, count(*) AS items
    FROM work_item
    WHERE initiative_id IS NOT NULL AND status <> 'dropped'
    GROUP BY initiative_id, department_id, source_id
),
owned AS (
    SELECT initiative_id, department_id, list(first_item ORDER BY first_item) AS first_items, sum(items) AS items
    FROM by_source
    GROUP BY initiative_id, department_id
)
SELECT
    shared.initiative_id,
    one.department_id,
    shared.initiative_id AS subject_id,
    one.department_id AS from_department,
    CAST(NULL AS VARCHAR) AS to_department,
    list_concat(['register:initiative:' || shared.initiative_id], coalesce(owned.first_items, [])) AS evidence,
    shared.departments AS involved,
    list_filter(shared.departments, lambda other: other <> one.department_id) AS others,
    coalesce(expected.handovers, []) AS expected,
    coalesce(owned.first_items, []) AS first_items,
    CAST(owned.items AS INTEGER) AS items_in_it
FROM shared
JOIN involved AS one USING (initiative_id)
LEFT JOIN expected USING (initiative_id, department_id)
LEFT JOIN owned USING (initiative_id, department_id)
ANTI JOIN taking_part
    ON taking_part.initiative_id = shared.initiative_id AND taking_part.department_id = one.department_id
