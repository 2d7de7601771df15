/*
title: A slip reaches another department
severity: high
parameters:
  warn_days: {default: 0, least: 0, unit: working days, says: How late a handover must be before it is told.}
key: [handover_id]
evidence: The items of both sides, the chain that drives the provider's date to its root, and the sources that state the handover.
why: >-
  The provider's plan is late for somebody who plans in another tool. Neither tool shows it: the provider sees a
  date that moved, the consumer a date that stands.
fix: >-
  Agree a date that both can keep, take work out, or let the consumer accept the delay. The root is where an
  earlier date helps most.
messages:
  provider:
    item: provider_item
    anchor: initiative_id
    department: from_department
    headline: "[{provider_item|item}][{unlinked_what}] will be handed over on {reaches_on|date}, {days_late|days} after {to_department|department} needs it ({needed_on|date})[ for {consumer_item|item}]."
    why:
      - "{to_department|department} needs it by {needed_on|date}: {needed_words}."
      - "The slip starts at {starts_at|item}."
      - {link: chain}
      - {link: consumer_item}
      - {fact: Milestones of theirs that move, value: "{milestones|item}"}
      - {fact: Planned benefit of those quarters, value: "{amount_at_risk|money}"}
      - "{uncertain_because}"
    ask: "Can you hand it over by {needed_on|date}? If not, name the date that you commit to."
    answers:
      - {say: "commit by {needed_on|iso}", means: to promise that date or another}
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if this is wrong, with the reason after it"}
  consumer:
    item: consumer_item
    anchor: initiative_id
    department: to_department
    headline: "[{provider_item|item}][{unlinked_what}] from {from_department|department} will reach you on {reaches_on|date}, {days_late|days} after you need it ({needed_on|date})[ for {consumer_item|item}]."
    why:
      - "Needed by {needed_on|date}: {needed_words}."
      - "The slip starts at {starts_at|item}."
      - {link: provider_item}
      - {link: chain}
      - {fact: Milestones of yours that move, value: "{milestones|item}"}
      - {fact: Planned benefit of those quarters, value: "{amount_at_risk|money}"}
      - "{uncertain_because}"
    ask: "Can you work with {reaches_on|date}? If so accept it, else agree another date with {from_department|department}."
    answers:
      - {say: "accept until {reaches_on|iso}", means: to live with it until that day}
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if this is wrong, with the reason after it"}
cases:
  - name: fires when the provider finishes after the consumer starts
    today: 2026-03-02
    given: &late
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP, start_date: 2026-03-02, due_date: 2026-03-20}
        - {item_id: "plan:B", department_id: marketing, initiative_id: CDP, start_date: 2026-03-16, due_date: 2026-03-27}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
      benefit: [{initiative_id: CDP, quarter: 2026-Q1, planned: 120000}]
    expect:
      - {handover_id: "jira:A>plan:B", subject_id: "jira:A>plan:B", from_department: it, to_department: marketing,
         initiative_id: CDP, days_late: 5, reaches_on: 2026-03-20, needed_on: 2026-03-13, root_id: "jira:A",
         amount_at_risk: 120000, evidence: ["jira:A", "plan:B", plan]}
  - name: silent while inside the days of warning
    today: 2026-03-02
    parameters: {warn_days: 5}
    given: *late
    expect: []
  - name: silent when the provider finishes on the last day that is in time
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, due_date: 2026-03-13}
        - {item_id: "plan:B", department_id: marketing, start_date: 2026-03-16}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect: []
  - name: a stated need-by counts, and the root of the slip is named
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:ROOT", department_id: it, start_date: 2026-03-02, due_date: 2026-03-20}
        - {item_id: "jira:A", department_id: it, start_date: 2026-03-09, due_date: 2026-03-13, estimate_days: 5}
        - {item_id: "plan:B", department_id: marketing, start_date: 2026-06-01}
        - {item_id: "plan:GO", department_id: marketing, kind: milestone, due_date: 2026-06-05}
      dependency:
        - {predecessor_id: "jira:ROOT", successor_id: "jira:A"}
        - {predecessor_id: "jira:A", successor_id: "plan:B", need_by: 2026-03-13}
    expect:
      - {handover_id: "jira:A>plan:B", days_late: 10, reaches_on: 2026-03-27, needed_on: 2026-03-13,
         root_id: "jira:ROOT", starts_at: "jira:ROOT", chain: ["jira:ROOT"], amount_at_risk: null}
  - name: the benefit of every quarter between is at stake, and the consumer's milestone is named
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP, due_date: 2026-07-10}
        - {item_id: "plan:B", department_id: marketing, initiative_id: SPRING, start_date: 2026-03-16, due_date: 2026-03-27, estimate_days: 5}
        - {item_id: "plan:GO", department_id: marketing, initiative_id: SPRING, kind: milestone, due_date: 2026-04-01}
      dependency:
        - {predecessor_id: "jira:A", successor_id: "plan:B"}
        - {predecessor_id: "plan:B", successor_id: "plan:GO"}
      benefit:
        - {initiative_id: SPRING, quarter: 2025-Q4, planned: 1}
        - {initiative_id: SPRING, quarter: 2026-Q1, planned: 100}
        - {initiative_id: SPRING, quarter: 2026-Q2, planned: 200}
        - {initiative_id: SPRING, quarter: 2026-Q3, planned: 400.5}
        - {initiative_id: SPRING, quarter: 2026-Q4, planned: 800}
        - {initiative_id: CDP, quarter: 2026-Q1, planned: 5}
    expect:
      - {handover_id: "jira:A>plan:B", initiative_id: SPRING, amount_at_risk: 700.5, milestones: ["plan:GO"]}
  - name: silent when the provider is done, late or not
    today: 2026-03-30
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, status: done, due_date: 2026-03-13, finish_date: 2026-03-20}
        - {item_id: "plan:B", department_id: marketing, start_date: 2026-03-16}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect: []
  - name: silent when the consumer no longer wants it
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, due_date: 2026-03-20}
        - {item_id: "plan:B", department_id: marketing, start_date: 2026-03-16, status: dropped}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect: []
  - name: silent between two items of one department
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, due_date: 2026-03-20}
        - {item_id: "jira:B", department_id: it, start_date: 2026-03-16}
      dependency: [{predecessor_id: "jira:A", successor_id: "jira:B"}]
    expect: []
*/
WITH late AS (
    SELECT
        handover.*,
        planned.root_id, planned.driver_id, planned.uncertain,
        coalesce(handover.initiative_id, consumer.initiative_id, provider.initiative_id) AS told_initiative,
        coalesce(consumer.initiative_id, provider.initiative_id, handover.initiative_id) AS paying_initiative
    FROM handover
    LEFT JOIN work_item AS provider ON provider.item_id = handover.provider_item
    LEFT JOIN work_item AS consumer ON consumer.item_id = handover.consumer_item
    LEFT JOIN schedule AS planned ON planned.item_id = handover.provider_item
    WHERE handover.days_late > $warn_days
        AND NOT handover.delivered
        AND handover.state IS DISTINCT FROM 'dropped'
        AND coalesce(handover.consumer_status, '') NOT IN ('done', 'dropped')
),
-- The predecessors that set the provider's date, nearest first; the root is named besides.
chain AS (
    SELECT
        late.handover_id,
        list_filter(
            [late.driver_id, second.driver_id, third.driver_id, fourth.driver_id], lambda item: item IS NOT NULL
        ) AS items
    FROM late
    LEFT JOIN schedule AS second ON second.item_id = late.driver_id
    LEFT JOIN schedule AS third ON third.item_id = second.driver_id
    LEFT JOIN schedule AS fourth ON fourth.item_id = third.driver_id
    WHERE NOT late.uncertain
),
at_stake AS (
    SELECT late.handover_id, sum(benefit.planned) AS amount
    FROM late
    JOIN benefit
        ON benefit.initiative_id = late.paying_initiative
        AND benefit.starts_on <= late.reaches_on AND benefit.ends_on >= late.needed_on
    GROUP BY late.handover_id
),
-- Milestones that miss their date because of the same root, in the consumer's department.
moved_milestone AS (
    SELECT schedule.root_id, work_item.department_id,
           list(work_item.item_id ORDER BY work_item.due_date, work_item.item_id)[:5] AS items
    FROM work_item
    JOIN schedule USING (item_id)
    WHERE work_item.kind = 'milestone' AND schedule.projected_finish > work_item.due_date
        AND work_item.status NOT IN ('done', 'dropped')
        AND schedule.root_id IN (SELECT root_id FROM late)
    GROUP BY schedule.root_id, work_item.department_id
)
SELECT
    late.handover_id,
    late.handover_id AS subject_id,
    late.from_department,
    late.to_department,
    list_concat(
        [late.provider_item, late.consumer_item, late.root_id],
        coalesce(chain.items, []),
        list_filter(string_split(late.stated_by, ', '), lambda source: source <> 'template'),
        [CASE WHEN late.provider_item IS NULL OR late.consumer_item IS NULL
            THEN 'register:initiative:' || late.told_initiative END]
    ) AS evidence,
    late.told_initiative AS initiative_id,
    late.days_late,
    CAST(at_stake.amount AS DECIMAL(38, 4)) AS amount_at_risk,
    late.root_id,
    late.provider_item,
    late.consumer_item,
    CASE WHEN late.provider_item IS NULL THEN coalesce(late.what, 'The handover') END AS unlinked_what,
    late.reaches_on,
    late.needed_on,
    CASE late.needed_because
        WHEN 'stated' THEN 'that date is stated'
        WHEN 'consumer start' THEN 'the work that waits for it starts after that day'
        WHEN 'consumer due' THEN 'later than that, the work that waits for it cannot be finished in time'
        ELSE 'the work that waits for it says so'
    END AS needed_words,
    CASE WHEN late.root_id <> late.provider_item THEN late.root_id END AS starts_at,
    coalesce(chain.items, []) AS chain,
    coalesce(moved_milestone.items, []) AS milestones,
    CASE WHEN late.uncertain THEN 'The dates are uncertain: the work before it waits for itself in a circle.' END
        AS uncertain_because
FROM late
LEFT JOIN chain USING (handover_id)
LEFT JOIN at_stake USING (handover_id)
LEFT JOIN moved_milestone
    ON moved_milestone.root_id = late.root_id AND moved_milestone.department_id = late.to_department
