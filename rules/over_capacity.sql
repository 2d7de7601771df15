/*
title: More committed work in a week than there is time for
severity: medium
parameters:
  over_percent: {default: 10, least: 0, unit: per cent, says: How far the work must exceed a person's capacity before it is told.}
  weeks: {default: 6, least: 1, unit: weeks, says: "How far ahead to look, this week included."}
  count_unestimated: {default: false, says: "Whether work that nobody estimates counts too, as filling its days. Off, only stated effort is held against anybody."}
key: [whose]
evidence: The items whose effort falls into those weeks, from every source. Silent for whoever has no `hours_per_week` in the configuration.
why: >-
  Each tool shows one part of a person's week, and each part fits. Together they do not, and which of them gives way is
  decided by whoever asks last.
fix: >-
  Let what ranks lower and has float wait, or give it to somebody with room: `interlock simulate --reassign ITEM=PERSON`
  shows what that comes to.
messages:
  # To the lead alone, and so into no tool: whoever reads an item would read somebody's load there. No sentence that a
  # run prints names the person.
  lead:
    headline: "Somebody of {department_id|department} has committed work of {hours} hours in the week from {week_starts|date}, and {capacity_hours} to give."
    why:
      - {fact: Who, value: "{person_id|person}"}
      - {fact: Weeks like that, value: "{weeks_over|count week}"}
      - {fact: Their tools, value: "{sources}"}
      - {link: items}
      - "What could yield, ranked lower than the rest and with float:"
      - {facts: could_yield}
    ask: "Which of these waits, or who takes it?"
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if the estimates are wrong, with the reason after it"}
cases:
  - name: fires across two trackers and Jira, names the worst week and what could yield
    today: 2026-03-02
    given: &crowded
      person: [{person_id: mo@x.example, name: Mo, department_id: marketing, active: true, hours_per_week: 37.5}]
      work_item:
        - {item_id: "jira:A", owner_id: mo@x.example, department_id: it, priority: 1, start_date: 2026-03-02, due_date: 2026-03-13, estimate_days: 6}
        - {item_id: "plan:B", owner_id: mo@x.example, department_id: marketing, priority: 3, start_date: 2026-03-09, due_date: 2026-03-13, estimate_days: 3}
        - {item_id: "more:C", owner_id: mo@x.example, department_id: marketing, priority: 4, start_date: 2026-03-09, due_date: 2026-03-13, estimate_days: 1, deadline: 2026-03-20}
        - {item_id: "more:D", owner_id: mo@x.example, department_id: marketing, start_date: 2026-03-09, due_date: 2026-03-13}
    expect:
      - {subject_id: marketing, from_department: marketing, to_department: null, hours: 56, capacity_hours: 37.5,
         week: 2026-W11, weeks_over: 1, sources: "jira, more, plan", items: ["jira:A", "plan:B", "more:C"],
         could_yield: [{item: "more:C", value: "8 hours, rank 4, 5 working days of float"}],
         evidence: ["jira:A", "plan:B", "more:C"]}
  - name: silent when more is tolerated
    today: 2026-03-02
    parameters: {over_percent: 50}
    given: *crowded
    expect: []
  - name: silent while the week lies further ahead than is looked
    today: 2026-03-02
    parameters: {weeks: 1}
    given: *crowded
    expect: []
  - name: work that nobody estimates counts where that is asked for
    today: 2026-03-02
    parameters: {count_unestimated: true}
    given: *crowded
    expect:
      - {subject_id: marketing, hours: 96, items: ["more:D", "jira:A", "plan:B", "more:C"]}
  - name: silent for somebody whose hours nobody states
    today: 2026-03-02
    given:
      person: [{person_id: mo@x.example, name: Mo, department_id: marketing, active: true}]
      work_item:
        - {item_id: "jira:A", owner_id: mo@x.example, department_id: it, start_date: 2026-03-02, due_date: 2026-03-06, estimate_days: 20}
    expect: []
  - name: silent for what is done, and for a thing that two tools hold
    today: 2026-03-02
    given:
      person: [{person_id: mo@x.example, name: Mo, department_id: marketing, active: true, hours_per_week: 40}]
      work_item:
        - {item_id: "jira:A", owner_id: mo@x.example, department_id: it, start_date: 2026-03-02, due_date: 2026-03-06, estimate_days: 4}
        - {item_id: "plan:A", owner_id: mo@x.example, department_id: marketing, start_date: 2026-03-02, due_date: 2026-03-06, estimate_days: 4}
        - {item_id: "plan:B", owner_id: mo@x.example, department_id: marketing, status: done, start_date: 2026-03-02, due_date: 2026-03-06, estimate_days: 5}
      identity: [{item_id: "jira:A", node_id: "jira:A"}, {item_id: "plan:A", node_id: "jira:A"}]
    expect: []
*/
WITH committed AS (
    SELECT part.*, item.source_id, coalesce(item.priority, initiative.rank) AS rank, planned.float_days
    FROM work_item_week AS part
    JOIN work_item AS item USING (item_id)
    LEFT JOIN initiative USING (initiative_id)
    LEFT JOIN schedule AS planned USING (item_id)
    WHERE part.person_id IS NOT NULL AND (part.basis <> 'dates' OR $count_unestimated)
        AND part.week_starts < date_trunc('week', CAST($today AS DATE)) + to_days(7 * $weeks)
), busy AS (
    SELECT person_id, week, week_starts, sum(hours) AS hours
    FROM committed
    GROUP BY ALL
), crowded AS (
    SELECT busy.*, load.department_id, load.capacity_hours, busy.hours - load.capacity_hours AS excess
    FROM busy
    JOIN workload AS load USING (person_id, week)
    WHERE busy.hours > load.capacity_hours * (1 + $over_percent / 100)
), worst AS (
    SELECT person_id, any_value(department_id ORDER BY week) AS department_id, count(*) AS weeks_over,
           min_by(week, (-excess, week)) AS week
    FROM crowded
    GROUP BY person_id
),
-- What stands in the worst week; lower than the rest, and with float: it could yield. Unranked counts as the middle.
inside AS (
    SELECT committed.*,
           committed.float_days > 0 AND coalesce(rank, 3) > min(coalesce(rank, 3)) OVER (PARTITION BY person_id) AS yields
    FROM committed
    JOIN worst USING (person_id, week)
), listed AS (
    SELECT
        person_id,
        list(item_id ORDER BY hours DESC, item_id) AS items,
        string_agg(DISTINCT source_id, ', ' ORDER BY source_id) AS sources,
        list({
            'item': item_id,
            'value': CAST(round(hours) AS INTEGER) || ' hours, ' || coalesce('rank ' || rank, 'not ranked') || ', '
                || float_days || CASE float_days WHEN 1 THEN ' working day' ELSE ' working days' END || ' of float'
        } ORDER BY coalesce(rank, 3) DESC, float_days DESC, item_id) FILTER (yields) AS could_yield
    FROM inside
    GROUP BY person_id
), resting AS (
    SELECT committed.person_id, list(DISTINCT item_id ORDER BY item_id) AS evidence
    FROM committed JOIN crowded USING (person_id, week)
    GROUP BY committed.person_id
)
SELECT
    md5(worst.person_id) AS whose,
    coalesce(worst.department_id, 'no department') AS subject_id,
    worst.department_id AS from_department,
    CAST(NULL AS VARCHAR) AS to_department,
    resting.evidence,
    worst.person_id,
    worst.department_id,
    worst.week,
    crowded.week_starts,
    worst.weeks_over,
    regexp_replace(CAST(round(crowded.hours, 1) AS VARCHAR), '\.0$', '') AS hours,
    regexp_replace(CAST(round(crowded.capacity_hours, 1) AS VARCHAR), '\.0$', '') AS capacity_hours,
    listed.items,
    listed.sources,
    coalesce(listed.could_yield, []) AS could_yield
FROM worst
JOIN crowded USING (person_id, week)
JOIN listed ON listed.person_id = worst.person_id
JOIN resting ON resting.person_id = worst.person_id
