/*
title: Ranked well below what waits for it
severity: medium
parameters:
  steps: {default: 2, least: 1, says: How many steps of priority (1 is the highest of 5) must lie between the two.}
key: [handover_id]
evidence: The items of both sides; the register where a rank of it stands in for a priority.
why: >-
  The consumer counts on work that its provider does last. No plan shows it: each team's own list is in order.
fix: Raise the provider's priority, or let the consumer plan for a later date.
messages:
  provider:
    item: provider_item
    anchor: initiative_id
    department: from_department
    headline: "{from_department|department} ranks [{provider_item|item}][{unlinked_what}] {provider_priority}, and {to_department|department}, which waits for it[ until {needed_on|date}], ranks its own part {consumer_priority} (1 is the highest of 5)."
    why:
      - "[{provider_item|item}][{unlinked_what}]: {provider_says}."
      - "[{consumer_item|item}: ]{consumer_says}."
      - {link: consumer_item}
      - {fact: Projected handover, value: "{reaches_on|date}"}
    ask: "Raise its priority, or tell {to_department|department} what to expect."
    answers:
      - {say: ack, means: if you are on it}
      - {say: "commit by {needed_on|iso}", means: to promise a date all the same}
      - {say: dispute, means: "if the order is right, with the reason after it"}
  consumer:
    item: consumer_item
    anchor: initiative_id
    department: to_department
    headline: "You wait for [{provider_item|item}][{unlinked_what}][ until {needed_on|date}] with priority {consumer_priority}, and {from_department|department} ranks it {provider_priority} (1 is the highest of 5)."
    why:
      - "[{provider_item|item}][{unlinked_what}]: {provider_says}."
      - "[{consumer_item|item}: ]{consumer_says}."
      - {link: provider_item}
      - {fact: Projected handover, value: "{reaches_on|date}"}
    ask: "Agree the order with {from_department|department}, or accept that it comes late."
    answers:
      - {say: accept, means: "to live with it, with `until` and a date if it is for a time"}
      - {say: ack, means: if you are on it}
      - {say: dispute, means: "if this is wrong, with the reason after it"}
cases:
  - name: fires when the provider ranks it two steps lower
    today: 2026-03-02
    given: &inverted
      work_item:
        - {item_id: "jira:A", department_id: it, priority: 4, source_priority: Low}
        - {item_id: "plan:B", department_id: marketing, priority: 2, source_priority: High}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect:
      - {handover_id: "jira:A>plan:B", subject_id: "jira:A>plan:B", from_department: it, to_department: marketing,
         provider_priority: 4, consumer_priority: 2, evidence: ["jira:A", "plan:B", plan]}
  - name: silent when more steps are asked for
    today: 2026-03-02
    parameters: {steps: 3}
    given: *inverted
    expect: []
  - name: silent at one step
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, priority: 3}
        - {item_id: "plan:B", department_id: marketing, priority: 2}
      dependency: [{predecessor_id: "jira:A", successor_id: "plan:B"}]
    expect: []
  - name: the initiative's rank stands in for a priority that is not stated
    today: 2026-03-02
    given:
      initiative: [{initiative_id: CDP, rank: 1}, {initiative_id: CARE, rank: 5}]
      work_item:
        - {item_id: "jira:A", department_id: it, initiative_id: CARE}
        - {item_id: "plan:B", department_id: marketing, initiative_id: CDP}
        - {item_id: "plan:C", department_id: marketing}
      dependency:
        - {predecessor_id: "jira:A", successor_id: "plan:B"}
        - {predecessor_id: "jira:A", successor_id: "plan:C"}
    expect:
      - {handover_id: "jira:A>plan:B", provider_priority: 5, consumer_priority: 1,
         evidence: ["jira:A", "plan:B", plan, "register:initiative:CARE", "register:initiative:CDP"]}
  - name: silent when either side is done or dropped
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, priority: 5, status: done, finish_date: 2026-02-27}
        - {item_id: "jira:D", department_id: it, priority: 5}
        - {item_id: "plan:B", department_id: marketing, priority: 1}
        - {item_id: "plan:C", department_id: marketing, priority: 1, status: dropped}
      dependency:
        - {predecessor_id: "jira:A", successor_id: "plan:B"}
        - {predecessor_id: "jira:D", successor_id: "plan:C"}
    expect: []
*/
WITH side AS (
    SELECT
        handover.*,
        CASE WHEN provider.item_id IS NULL THEN handover.initiative_id ELSE provider.initiative_id END AS p_initiative,
        CASE WHEN consumer.item_id IS NULL THEN handover.initiative_id ELSE consumer.initiative_id END AS c_initiative,
        provider.priority AS p_priority, consumer.priority AS c_priority,
        coalesce(provider.source_priority, CAST(provider.priority AS VARCHAR)) AS p_word,
        coalesce(consumer.source_priority, CAST(consumer.priority AS VARCHAR)) AS c_word
    FROM handover
    LEFT JOIN work_item AS provider ON provider.item_id = handover.provider_item
    LEFT JOIN work_item AS consumer ON consumer.item_id = handover.consumer_item
    WHERE handover.state IS DISTINCT FROM 'dropped'
        AND coalesce(handover.provider_status, '') NOT IN ('done', 'dropped')
        AND coalesce(handover.consumer_status, '') NOT IN ('done', 'dropped')
),
ranked AS (
    SELECT
        side.*,
        coalesce(side.p_priority, provider.rank) AS provider_priority,
        coalesce(side.c_priority, consumer.rank) AS consumer_priority
    FROM side
    LEFT JOIN initiative AS provider ON provider.initiative_id = side.p_initiative
    LEFT JOIN initiative AS consumer ON consumer.initiative_id = side.c_initiative
)
SELECT
    handover_id,
    handover_id AS subject_id,
    from_department,
    to_department,
    list_concat(
        [provider_item, consumer_item],
        list_filter(string_split(stated_by, ', '), lambda source: source <> 'template'),
        [CASE WHEN p_priority IS NULL THEN 'register:initiative:' || p_initiative END,
         CASE WHEN c_priority IS NULL THEN 'register:initiative:' || c_initiative END]
    ) AS evidence,
    coalesce(initiative_id, c_initiative, p_initiative) AS initiative_id,
    provider_item,
    consumer_item,
    CASE WHEN provider_item IS NULL THEN coalesce(what, 'The handover') END AS unlinked_what,
    provider_priority,
    consumer_priority,
    CASE WHEN p_priority IS NOT NULL THEN 'its tool says ' || p_word
         ELSE 'its initiative has rank ' || provider_priority END AS provider_says,
    CASE WHEN c_priority IS NOT NULL THEN 'its tool says ' || c_word
         ELSE 'its initiative has rank ' || consumer_priority END AS consumer_says,
    needed_on,
    reaches_on
FROM ranked
WHERE provider_priority - consumer_priority >= $steps
