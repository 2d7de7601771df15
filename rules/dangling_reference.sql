/*
title: A reference that leads nowhere
severity: medium
key: [item_id, field, text]
evidence: The item that refers; every source that could hold what it refers to.
absence: true
why: >-
  Somebody stated that their work waits for something, and nobody can find that something. The dependency is in
  no plan, and its author believes that it is.
fix: >-
  Correct the reference: a key (PLAT-42), a full id (jira-it:PLAT-42), a pasted link, or the exact title in
  quotes. Where two sources hold the key, write the full id.
messages:
  owner:
    item: item_id
    headline: "What {item_id|item} says under “{field_words}” leads nowhere: {text_words}."
    why:
      - "{reason_words}."
      - "Until it is corrected, no plan waits for it and nobody is told that you do."
    ask: "Correct the reference: a key, a full id (source:KEY), a link, or the exact title in quotes."
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if it is right, with the reason after it"}
cases:
  - name: fires for a key that no source holds
    today: 2026-03-02
    given:
      work_item: [{item_id: "plan:B", department_id: marketing, initiative_id: CDP}]
      reference_problem: [{item_id: "plan:B", field: depends_on, text: PLAT-99, reason: no source has an item with this key}]
    expect:
      - {item_id: "plan:B", field: depends_on, text: PLAT-99, subject_id: "plan:B", from_department: marketing,
         to_department: null, initiative_id: CDP, evidence: ["plan:B"]}
  - name: a row of the register can refer wrongly, too
    today: 2026-03-02
    given:
      reference_problem: [{item_id: "register:CDP", field: departments, text: Opps, reason: no department has this name}]
    expect:
      - {item_id: "register:CDP", field: departments, text: Opps, from_department: null, evidence: ["register:CDP"]}
  - name: silent when every reference was found
    today: 2026-03-02
    given:
      work_item: [{item_id: "plan:B", department_id: marketing}]
    expect: []
*/
WITH problem AS (
    SELECT item_id, field, text, min(reason) AS reason FROM reference_problem GROUP BY item_id, field, text
)
SELECT
    problem.item_id,
    problem.field,
    problem.text,
    problem.item_id AS subject_id,
    work_item.department_id AS from_department,
    CAST(NULL AS VARCHAR) AS to_department,
    [problem.item_id] AS evidence,
    work_item.initiative_id,
    replace(problem.field, '_', ' ') AS field_words,
    CASE WHEN coalesce(problem.text, '') = '' THEN 'it is empty' ELSE '“' || problem.text || '”' END AS text_words,
    upper(coalesce(problem.reason, 'nobody can find it')[1]) || coalesce(problem.reason, 'nobody can find it')[2:]
        AS reason_words
FROM problem
LEFT JOIN work_item USING (item_id)
