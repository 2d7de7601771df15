/*
title: Work that waits for itself
severity: high
key: [cycle_id]
evidence: Every item of the circle.
why: >-
  Each of these waits for the next, and the last for the first: none can start. Often no tool shows it, because
  each holds only a part of the circle. Their dates, and those of all that follows, are uncertain until it is cut.
fix: Take out the dependency that is not true, or split an item so that a part of it can go first.
messages:
  member:
    item: told
    headline: "{members|item} {wait_words}, so that nothing of it can start."
    why:
      - "{order_words}"
      - {link: members}
      - {fact: Departments, value: "{departments|department}"}
      - "The plan leaves these dependencies out, so the dates of these items and of all that waits for them are uncertain."
    ask: "Which of these dependencies is not true? Take it out."
    answers:
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if it is no circle, with the reason after it"}
cases:
  - name: fires once for a circle through two departments
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CDP}
        - {item_id: "jira:C", department_id: it}
        - {item_id: "plan:B", department_id: marketing}
        - {item_id: "plan:Z", department_id: marketing}
      dependency:
        - {predecessor_id: "jira:A", successor_id: "plan:B"}
        - {predecessor_id: "plan:B", successor_id: "jira:C"}
        - {predecessor_id: "jira:C", successor_id: "jira:A"}
        - {predecessor_id: "plan:B", successor_id: "plan:Z"}
    expect:
      - {subject_id: "jira:A", members: ["jira:A", "plan:B", "jira:C"], from_department: it,
         to_department: marketing, initiative_id: CDP, evidence: ["jira:A", "plan:B", "jira:C"],
         told: ["jira:A", "plan:B"]}
  - name: an item that waits for itself is a circle of one
    today: 2026-03-02
    given:
      work_item: [{item_id: "jira:A", department_id: it}]
      dependency: [{predecessor_id: "jira:A", successor_id: "jira:A"}]
    expect:
      - {subject_id: "jira:A", members: ["jira:A"], from_department: it, to_department: null}
  - name: silent where nothing waits for itself
    today: 2026-03-02
    given:
      work_item: [{item_id: "jira:A", department_id: it}, {item_id: "plan:B", department_id: marketing}]
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect: []
*/
WITH member AS (
    SELECT cycle.cycle_id, cycle.position, cycle.item_id, work_item.department_id, work_item.initiative_id
    FROM cycle
    LEFT JOIN work_item USING (item_id)
),
circle AS (
    SELECT
        cycle_id,
        list(item_id ORDER BY position, item_id) AS members,
        min(item_id) AS smallest,
        min_by(department_id, (position, item_id)) AS first_department,
        list(DISTINCT department_id ORDER BY department_id) FILTER (department_id IS NOT NULL) AS departments,
        min_by(initiative_id, (position, item_id)) FILTER (initiative_id IS NOT NULL) AS initiative_id
    FROM member
    GROUP BY cycle_id
),
-- One item of each department is told: a circle of a hundred is one break, not a hundred comments.
first_of_department AS (
    SELECT cycle_id, department_id, min_by(item_id, (position, item_id)) AS item_id
    FROM member
    GROUP BY cycle_id, department_id
),
told AS (
    SELECT cycle_id, list(item_id ORDER BY item_id) AS items FROM first_of_department GROUP BY cycle_id
)
SELECT
    circle.cycle_id,
    circle.smallest AS subject_id,
    circle.first_department AS from_department,
    list_filter(circle.departments, lambda other: other <> circle.first_department)[1] AS to_department,
    circle.members AS evidence,
    circle.initiative_id,
    circle.members,
    circle.departments,
    CASE len(circle.members) WHEN 1 THEN 'waits for itself' ELSE 'wait for one another in a circle' END
        AS wait_words,
    CASE WHEN len(circle.members) > 1 THEN 'Each comes before the next, and the last before the first:' END
        AS order_words,
    told.items AS told
FROM circle
JOIN told USING (cycle_id)
