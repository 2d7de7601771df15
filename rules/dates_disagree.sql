/*
title: Two tools tell different things
severity: medium
parameters:
  tolerance: {default: 0, least: 0, unit: days, says: How far apart two dates may lie before they disagree.}
key: [node_id, field]
evidence: Every item, or source, that makes one of the claims.
why: >-
  One thing stands in two tools with two dates (or owners, or states). Each reader believes their own tool, and
  plans on it.
fix: Change the one that is wrong. Until then the claim with authority plans the date; nothing is overwritten.
messages:
  claimant:
    item: claimants
    anchor: initiative_id
    department: departments
    headline: "The {field_words} of [{thing|item}][the handover from {handover_from|department} to {handover_to|department}] differs {where_words}[ by {days_apart|calendar}]."
    why:
      - {facts: claims}
      - "If nobody answers, {authority|item source} counts for the plan."
      - "If nobody answers, {kept_words}."
      - {link: others}
    ask: "Agree which {field_words} is right and correct the other tool."
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if these are not the same thing, with the reason after it"}
cases:
  - name: fires when two tools give one milestone two dates
    today: 2026-03-02
    given: &same
      work_item:
        - {item_id: "jira:A", department_id: it, due_date: 2026-05-01}
        - {item_id: "plan:A", department_id: marketing, due_date: 2026-05-04}
      identity:
        - {item_id: "jira:A", node_id: "jira:A", made_by: key}
        - {item_id: "plan:A", node_id: "jira:A", made_by: key}
    expect:
      - {node_id: "jira:A", field: due_date, subject_id: "jira:A", days_apart: 3, evidence: ["jira:A", "plan:A"],
         from_department: it, to_department: marketing, authority: "jira:A",
         claims: [{item: "jira:A", value: 2026-05-01}, {item: "plan:A", value: 2026-05-04}]}
  - name: silent within the tolerance
    today: 2026-03-02
    parameters: {tolerance: 3}
    given: *same
    expect: []
  - name: three claims are one finding, and a state is no date
    today: 2026-03-02
    parameters: {tolerance: 30}
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, due_date: 2026-05-01, status: in progress, actual_start: 2026-03-02}
        - {item_id: "plan:A", department_id: marketing, due_date: 2026-05-01}
        - {item_id: "sales:A", department_id: sales, due_date: 2026-07-01}
      identity:
        - {item_id: "jira:A", node_id: "jira:A"}
        - {item_id: "plan:A", node_id: "jira:A"}
        - {item_id: "sales:A", node_id: "jira:A"}
    expect:
      - {node_id: "jira:A", field: due_date, evidence: ["jira:A", "plan:A", "sales:A"], days_apart: 61}
      - {node_id: "jira:A", field: status, evidence: ["jira:A", "plan:A", "sales:A"], days_apart: null}
  - name: two statements of one handover name their sources
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it}
        - {item_id: "plan:B", department_id: marketing}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
      claim_conflict:
        - {node_id: "jira:A>plan:B", field: need_by, item_a: jira, value_a: 2026-03-13, item_b: plan, value_b: 2026-03-27}
    expect:
      - {node_id: "jira:A>plan:B", field: need_by, from_department: it, to_department: marketing, days_apart: 14,
         evidence: [jira, plan], claimants: ["jira:A", "plan:B"], authority: null}
  - name: silent when they agree
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, due_date: 2026-05-01}
        - {item_id: "plan:A", department_id: marketing, due_date: 2026-05-01}
      identity: [{item_id: "jira:A", node_id: "jira:A"}, {item_id: "plan:A", node_id: "jira:A"}]
    expect: []
*/
WITH conflict AS (
    SELECT * FROM claim_conflict
    WHERE coalesce(abs(TRY_CAST(value_a AS DATE) - TRY_CAST(value_b AS DATE)) > $tolerance, true)
),
-- Where one pair disagrees, members that are near enough to one side make their claim, too.
disputed AS (
    SELECT claim_conflict.* FROM claim_conflict SEMI JOIN conflict USING (node_id, field)
),
claim AS (
    SELECT node_id, field, item_a AS claimant, value_a AS claimed FROM disputed
    UNION
    SELECT node_id, field, item_b, value_b FROM disputed
),
gathered AS (
    SELECT
        claim.node_id, claim.field,
        list(claim.claimant ORDER BY claim.claimant, claim.claimed) AS claimants,
        list({'item': claim.claimant, 'value': claim.claimed} ORDER BY claim.claimant, claim.claimed) AS claims,
        count(DISTINCT coalesce(work_item.source_id, claim.claimant)) AS tools,
        max(TRY_CAST(claim.claimed AS DATE)) - min(TRY_CAST(claim.claimed AS DATE)) AS days_apart,
        list(DISTINCT work_item.department_id ORDER BY work_item.department_id)
            FILTER (work_item.department_id IS NOT NULL) AS departments,
        min(work_item.initiative_id) AS initiative_id
    FROM claim
    LEFT JOIN work_item ON work_item.item_id = claim.claimant
    GROUP BY claim.node_id, claim.field
),
authority AS (
    SELECT node_id, field, min(authority) AS authority FROM conflict GROUP BY node_id, field
)
SELECT
    gathered.node_id,
    gathered.field,
    gathered.node_id AS subject_id,
    coalesce(handover.from_department, first.department_id, gathered.departments[1]) AS from_department,
    coalesce(
        handover.to_department,
        list_filter(
            gathered.departments,
            lambda other: other <> coalesce(first.department_id, gathered.departments[1]))[1]
    ) AS to_department,
    gathered.claimants AS evidence,
    coalesce(handover.initiative_id, first.initiative_id, gathered.initiative_id) AS initiative_id,
    CASE
        WHEN handover.handover_id IS NULL THEN gathered.claimants
        ELSE list_filter([handover.provider_item, handover.consumer_item], lambda item: item IS NOT NULL)
    END AS claimants,
    CASE WHEN handover.handover_id IS NULL THEN gathered.departments
         ELSE [handover.from_department, handover.to_department] END AS departments,
    gathered.claims,
    list_filter(gathered.claimants, lambda item: item IS DISTINCT FROM authority.authority
                                                 AND handover.handover_id IS NULL) AS others,
    CASE gathered.tools WHEN 1 THEN 'within one tool' ELSE 'between ' || gathered.tools || ' tools' END
        AS where_words,
    CASE WHEN handover.handover_id IS NULL THEN gathered.node_id END AS thing,
    handover.from_department AS handover_from,
    handover.to_department AS handover_to,
    CASE gathered.field
        WHEN 'need_by' THEN 'need-by date'
        WHEN 'lag_days' THEN 'lag'
        ELSE replace(replace(gathered.field, '_id', ''), '_', ' ')
    END AS field_words,
    gathered.days_apart,
    authority.authority,
    CASE WHEN authority.authority IS NULL
        THEN CASE gathered.field WHEN 'lag_days' THEN 'the longer lag counts' ELSE 'the earliest date counts' END
    END AS kept_words
FROM gathered
JOIN authority USING (node_id, field)
LEFT JOIN handover ON handover.handover_id = gathered.node_id
LEFT JOIN work_item AS first ON first.item_id = authority.authority
