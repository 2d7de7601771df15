/*
title: Work starts before its money is released
severity: high
money: true
key: [initiative_id, quarter]
evidence: The initiative and its Money rows in the register, and the first item of each source that starts in the quarter.
why: >-
  The plan starts work in a fiscal quarter for which the budget is not released, or whose return nobody has mapped
  to that quarter, which is why budgets are held. The team finds out when it orders.
fix: >-
  In the register's Money sheet, state the quarter's planned benefit, and have the budget released; or move the
  start to a quarter that has both.
messages:
  work:
    anchor: initiative_id
    department: departments
    headline: "{initiative_id} {starts_words} in {quarter}[ (from {first_start|date})], and {missing_words}."
    why:
      - {fact: Budget of the quarter, value: "{amount_at_risk|money}"}
      - {fact: State of the budget, value: "{budget_state}"}
      - {fact: Benefit mapped to the quarter, value: "{benefit_words}"}
      - {fact: Items concerned, value: "{items|count item}"}
      - {link: first_items}
    ask: "{asked}."
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if this is wrong, with the reason after it"}
  finance:
    anchor: initiative_id
    department: from_department
    headline: "{initiative_id} {starts_words} in {quarter}[ (from {first_start|date})][, done by {departments|department}], and {missing_words}."
    why:
      - {fact: Budget of the quarter, value: "{amount_at_risk|money}"}
      - {fact: State of the budget, value: "{budget_state}"}
      - {fact: Benefit mapped to the quarter, value: "{benefit_words}"}
      - {link: first_items}
    ask: "{asked}."
    answers:
      - {say: "accept until {ends_on|iso}", means: to let the work start without it}
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if this is wrong, with the reason after it"}
cases:
  - name: fires when work starts next quarter and the budget is only requested
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, money_expected: true, controller_id: fay}]
      person: [{person_id: fay, name: Fay, department_id: finance}]
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP, start_date: 2026-04-06, due_date: 2026-04-17}
        - {item_id: "jira:B", department_id: it, initiative_id: CDP, start_date: 2026-05-04, due_date: 2026-05-08}
      budget: [{initiative_id: CDP, quarter: 2026-Q2, amount: 50000, state: requested}]
      benefit: [{initiative_id: CDP, quarter: 2026-Q2, planned: 0}]
    expect:
      - {initiative_id: CDP, quarter: 2026-Q2, subject_id: CDP, from_department: finance, to_department: it,
         amount_at_risk: 50000, budget_state: requested, benefit_missing: false, first_start: 2026-04-06, items: 2,
         evidence: ["register:initiative:CDP", "jira:A"]}
  - name: fires when the budget is released and the benefit of the quarter is blank
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, money_expected: true}]
      work_item: [{item_id: "jira:A", department_id: it, initiative_id: CDP, start_date: 2026-04-06, due_date: 2026-04-17}]
      budget: [{initiative_id: CDP, quarter: 2026-Q2, amount: 50000, state: released}]
      benefit: [{initiative_id: CDP, quarter: 2026-Q3, planned: 90000}, {initiative_id: CDP, quarter: 2026-Q2, forecast: 1}]
    expect:
      - {initiative_id: CDP, quarter: 2026-Q2, from_department: null, to_department: it, benefit_missing: true,
         budget_missing: false}
  - name: silent when the budget is released and the benefit mapped
    today: 2026-03-02
    given: &funded
      initiative: [{initiative_id: CDP, money_expected: true}]
      work_item: [{item_id: "jira:A", department_id: it, initiative_id: CDP, start_date: 2026-04-06, due_date: 2026-04-17}]
      budget: [{initiative_id: CDP, quarter: 2026-Q2, amount: 50000, state: released}]
      benefit: [{initiative_id: CDP, quarter: 2026-Q2, planned: 90000}]
    expect: []
  - name: silent while the quarter is further ahead than the next
    today: 2025-12-01
    given: *funded
    expect: []
  - name: work under way counts for this quarter only, and work that is done for none
    today: 2026-04-13
    given:
      initiative: [{initiative_id: CDP, money_expected: true}, {initiative_id: OLD, money_expected: true}]
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP, status: in progress, actual_start: 2026-02-02, due_date: 2026-09-30}
        - {item_id: "jira:B", department_id: it, initiative_id: OLD, status: done, actual_start: 2026-04-01, finish_date: 2026-04-10}
    expect:
      - {initiative_id: CDP, quarter: 2026-Q2, budget_state: not stated, budget_missing: true, benefit_missing: true,
         first_start: null}
  - name: silent where the register has no Money sheet, and for closed initiatives
    today: 2026-03-02
    given:
      initiative:
        - {initiative_id: CDP, money_expected: false}
        - {initiative_id: OLD, money_expected: true, stage: closed}
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP, start_date: 2026-03-09, due_date: 2026-03-13}
        - {item_id: "jira:B", department_id: it, initiative_id: OLD, start_date: 2026-03-09, due_date: 2026-03-13}
    expect: []
*/
WITH working AS (
    SELECT
        work_item.initiative_id, fiscal_quarter.quarter, fiscal_quarter.ends_on, work_item.item_id,
        work_item.source_id, work_item.department_id,
        CASE WHEN work_item.status = 'not started' THEN schedule.projected_start END AS starts_on
    FROM work_item
    JOIN schedule USING (item_id)
    JOIN fiscal_quarter ON CASE work_item.status
        WHEN 'not started' THEN fiscal_quarter.ahead IN (0, 1)
            AND schedule.projected_start BETWEEN fiscal_quarter.starts_on AND fiscal_quarter.ends_on
        WHEN 'in progress' THEN fiscal_quarter.ahead = 0
        ELSE false
    END
    WHERE work_item.initiative_id IS NOT NULL
),
by_source AS (
    SELECT initiative_id, quarter, source_id,
           min_by(item_id, (coalesce(starts_on, DATE '0001-01-01'), item_id)) AS first_item
    FROM working
    GROUP BY initiative_id, quarter, source_id
),
first_item AS (
    SELECT initiative_id, quarter, list(first_item ORDER BY first_item) AS first_items
    FROM by_source
    GROUP BY initiative_id, quarter
),
starting AS (
    SELECT
        initiative_id, quarter, ends_on, min(starts_on) AS first_start, count(*) AS items,
        list(DISTINCT department_id ORDER BY department_id) FILTER (department_id IS NOT NULL) AS departments,
        min_by(department_id, (coalesce(starts_on, DATE '0001-01-01'), item_id)) AS first_department
    FROM working
    GROUP BY initiative_id, quarter, ends_on
),
released AS (
    SELECT initiative_id, quarter, sum(amount) AS amount, bool_or(state = 'released') AS is_released,
           string_agg(DISTINCT state, ', ' ORDER BY state) AS state
    FROM budget
    GROUP BY initiative_id, quarter
),
mapped AS (
    SELECT initiative_id, quarter, sum(planned) AS planned
    FROM benefit
    WHERE planned IS NOT NULL
    GROUP BY initiative_id, quarter
),
judged AS (
    SELECT
        starting.*, initiative.controller_id, released.amount, released.state,
        NOT coalesce(released.is_released, false) AS budget_missing,
        mapped.planned IS NULL AS benefit_missing
    FROM starting
    JOIN initiative USING (initiative_id)
    LEFT JOIN released USING (initiative_id, quarter)
    LEFT JOIN mapped USING (initiative_id, quarter)
    WHERE initiative.money_expected AND coalesce(initiative.stage, '') <> 'closed'
)
SELECT
    judged.initiative_id,
    judged.quarter,
    judged.initiative_id AS subject_id,
    controller.department_id AS from_department,
    judged.first_department AS to_department,
    list_concat(['register:initiative:' || judged.initiative_id], first_item.first_items) AS evidence,
    CAST(judged.amount AS DECIMAL(38, 4)) AS amount_at_risk,
    judged.departments,
    CASE WHEN judged.first_start IS NULL THEN 'has work under way' ELSE 'starts work' END AS starts_words,
    judged.first_start,
    judged.ends_on,
    judged.items,
    first_item.first_items,
    judged.budget_missing,
    judged.benefit_missing,
    coalesce(judged.state, 'not stated') AS budget_state,
    CASE WHEN judged.benefit_missing THEN 'no' ELSE 'yes' END AS benefit_words,
    CASE
        WHEN judged.budget_missing AND judged.benefit_missing
            THEN 'its budget is not released and no benefit is mapped to that quarter'
        WHEN judged.budget_missing THEN 'its budget is not released'
        ELSE 'no benefit is mapped to that quarter'
    END AS missing_words,
    CASE
        WHEN judged.budget_missing AND judged.benefit_missing
            THEN 'State the planned benefit of ' || judged.quarter || ' in the register and have the budget released'
        WHEN judged.budget_missing THEN 'Have the budget of ' || judged.quarter || ' released, or move the start'
        ELSE 'State the planned benefit of ' || judged.quarter || ' in the register; 0 is an answer, too'
    END AS asked
FROM judged
JOIN first_item USING (initiative_id, quarter)
LEFT JOIN person AS controller ON controller.person_id = judged.controller_id
WHERE judged.budget_missing OR judged.benefit_missing
