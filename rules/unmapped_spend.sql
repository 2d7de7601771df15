/*
title: Spend that belongs to no initiative
severity: medium
money: true
key: [source_id, period]
evidence: The source whose postings match no mapping rule.
why: >-
  Money has left the company and no initiative shows it: what is spent on each is understated, and nobody's
  budget is charged.
fix: Add a mapping rule (`policy.map_spend`), or correct the project or cost centre in the books.
messages:
  finance:
    headline: "{postings|count posting} of {source_id}[ in {period}] {belong_words} to no initiative[ ({amount_at_risk|money} net)]."
    why:
      - {fact: Largest unmapped project or cost centre, value: "{largest}"}
      - "{uncounted|count posting} in another currency, without a known rate, {uncounted_words} not in the sum."
    ask: "Which initiative do they belong to? Add a mapping rule, or accept that they belong to none."
    answers:
      - {say: accept, means: "to leave them unmapped, with `until` and a date if it is for a time"}
      - {say: ack, means: if you are on it}
cases:
  - name: fires once per source and period, with the net amount and the count
    today: 2026-03-02
    given:
      posting:
        - {source_id: erp, fiscal_year: 2026, period: 3, amount: 100.5}
        - {source_id: erp, fiscal_year: 2026, period: 3, amount: -40.25}
        - {source_id: erp, fiscal_year: 2026, period: 3, amount: 70, currency: USD, reporting_amount: null}
        - {source_id: erp, fiscal_year: 2026, period: 13, amount: 9}
        - {source_id: books, fiscal_year: 2026, period: 3, amount: 1}
        - {source_id: erp, fiscal_year: 2026, period: 3, amount: 5000, initiative_id: CDP}
    expect:
      - {source_id: books, period: 2026-P03, subject_id: books, amount_at_risk: 1, postings: 1, uncounted: null,
         evidence: [books]}
      - {source_id: erp, period: 2026-P03, subject_id: erp, amount_at_risk: 60.25, postings: 3, uncounted: 1,
         evidence: [erp]}
      - {source_id: erp, period: 2026-P13, subject_id: erp, amount_at_risk: 9, postings: 1, uncounted: null,
         evidence: [erp]}
  - name: postings without a period are one finding, too
    today: 2026-03-02
    given:
      posting:
        - {source_id: erp, fiscal_year: 2026, amount: 1, project: P-1}
        - {source_id: erp, period: 3, amount: 2, project: P-2}
    expect:
      - {source_id: erp, period: null, postings: 2, amount_at_risk: 3, largest: P-2}
  - name: silent when every posting belongs to an initiative
    today: 2026-03-02
    given:
      posting: [{source_id: erp, fiscal_year: 2026, period: 3, amount: 5000, initiative_id: CDP}]
    expect: []
*/
WITH by_label AS (
    SELECT
        source_id, fiscal_year, period AS fiscal_period, coalesce(project, cost_center) AS label,
        sum(reporting_amount) AS amount, count(*) AS postings, count(*) - count(reporting_amount) AS uncounted
    FROM posting
    WHERE initiative_id IS NULL
    GROUP BY ALL
),
summed AS (
    SELECT
        source_id, printf('%d-P%02d', fiscal_year, fiscal_period) AS period, sum(amount) AS amount,
        CAST(sum(postings) AS BIGINT) AS postings, CAST(sum(uncounted) AS BIGINT) AS uncounted,
        min_by(label, (-abs(amount), label)) FILTER (label IS NOT NULL) AS largest
    FROM by_label
    GROUP BY source_id, printf('%d-P%02d', fiscal_year, fiscal_period)
)
SELECT
    source_id,
    period,
    source_id AS subject_id,
    CAST(NULL AS VARCHAR) AS from_department,
    CAST(NULL AS VARCHAR) AS to_department,
    [source_id] AS evidence,
    CAST(amount AS DECIMAL(38, 4)) AS amount_at_risk,
    postings,
    CASE postings WHEN 1 THEN 'belongs' ELSE 'belong' END AS belong_words,
    nullif(uncounted, 0) AS uncounted,
    CASE uncounted WHEN 1 THEN 'is' ELSE 'are' END AS uncounted_words,
    largest
FROM summed
