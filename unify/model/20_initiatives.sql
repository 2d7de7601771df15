-- The register's initiatives, and the names by which tools may call them.
DELETE FROM model.department;
INSERT INTO model.department SELECT department_id, name, lead_id FROM company_department;

CREATE OR REPLACE TEMP TABLE department_name AS
SELECT lower(department_id) AS name, department_id FROM company_department
UNION
SELECT folded(name), department_id FROM company_department;

DELETE FROM model.initiative;
INSERT INTO model.initiative BY NAME
SELECT
    trim(initiative) AS initiative_id, trim(initiative) AS name, listed(aliases) AS aliases, objective,
    folded(type) AS type,
    (SELECT list(DISTINCT department_name.department_id ORDER BY department_name.department_id)
     FROM (SELECT unnest(regexp_split_to_array(staged.departments, '[;,\n]')) AS part)
     JOIN department_name ON department_name.name = folded(part)) AS departments,
    sponsor.person_id AS sponsor_id, controller.person_id AS controller_id,
    coalesce(TRY_CAST(TRY_CAST(rank AS DOUBLE) AS INTEGER), priority_word.priority) AS rank, folded(stage) AS stage, start_date, baseline_finish,
    closure_criteria, getvariable('money_expected') AS money_expected
FROM staged_initiative AS staged
LEFT JOIN priority_word ON priority_word.word = folded(staged.rank)
LEFT JOIN person_meant AS sponsor ON sponsor.source_id = 'register' AND sponsor.words = staged.sponsor
LEFT JOIN person_meant AS controller ON controller.source_id = 'register' AND controller.words = staged.controller;

DELETE FROM model.initiative_name;
INSERT INTO model.initiative_name
SELECT name, min(initiative_id) AS initiative_id
FROM (
    SELECT folded(name) AS name, initiative_id FROM model.initiative
    UNION
    SELECT folded(alias), initiative_id FROM (SELECT initiative_id, unnest(aliases) AS alias FROM model.initiative)
)
WHERE name IS NOT NULL
GROUP BY name
HAVING count(*) = 1;

DELETE FROM model.reference_problem;
INSERT INTO model.reference_problem
SELECT 'register:' || initiative, 'departments', trim(part), 'no department of the configuration has this id or name'
FROM (SELECT trim(initiative) AS initiative, unnest(regexp_split_to_array(departments, '[;,\n]')) AS part
      FROM staged_initiative)
WHERE folded(part) IS NOT NULL AND folded(part) NOT IN (SELECT name FROM department_name);

-- Fiscal quarters are written 2026-Q1; FY26 Q1 and Q1 2026 are understood.
CREATE OR REPLACE TEMP TABLE register_money AS
SELECT
    initiative_name.initiative_id, staged.*,
    CAST(CASE WHEN length(label) = 2 THEN '20' || label ELSE label END AS INTEGER) AS fiscal_year,
    CAST(quarter_text AS INTEGER) AS quarter_number
FROM (
    -- A year written as 2026/27 is known by the one after which years are labelled.
    SELECT *,
           CASE WHEN regexp_matches(fiscal_quarter, '\d{4}\s*/\s*\d{2}') AND getvariable('fiscal_label') = 'end'
               THEN right(regexp_extract(fiscal_quarter, '\d{4}\s*/\s*(\d{4}|\d{2})', 1), 2)
               ELSE regexp_extract(fiscal_quarter, '(?:^|[^\dQq])(\d{4}|\d{2})(?:$|[^\d])', 1) END AS label,
           regexp_extract(fiscal_quarter, '[Qq]\s*([1-4])(?:$|[^\d])', 1) AS quarter_text
    FROM staged_money
) AS staged
LEFT JOIN model.initiative_name ON initiative_name.name = folded(staged.initiative)
WHERE label <> '' AND quarter_text <> '';

INSERT INTO model.reference_problem
SELECT 'register:' || trim(initiative), 'fiscal quarter', fiscal_quarter, 'no fiscal quarter: write it as 2026-Q1'
FROM staged_money WHERE fiscal_quarter IS NULL OR NOT regexp_matches(fiscal_quarter, '[Qq]\s*[1-4]')
    OR NOT regexp_matches(fiscal_quarter, '(^|[^\dQq])(\d{4}|\d{2})($|[^\d])')
UNION ALL
SELECT 'register:' || trim(initiative), 'initiative', trim(initiative),
       'the Money sheet names an initiative that the Initiatives sheet does not hold'
FROM register_money WHERE initiative_id IS NULL
UNION ALL
SELECT 'register:' || trim(initiative), 'state', state, 'no state of a budget: requested, approved, released or held'
FROM staged_money WHERE state NOT IN ('requested', 'approved', 'released', 'held', '');

DELETE FROM model.budget;
INSERT INTO model.budget BY NAME
SELECT initiative_id, fiscal_year, fiscal_year || '-Q' || quarter_number AS quarter,
       fiscal_quarter_start(fiscal_year, quarter_number) AS starts_on,
       CAST(fiscal_quarter_start(fiscal_year, quarter_number) + INTERVAL 3 MONTH - INTERVAL 1 DAY AS DATE) AS ends_on,
       budget AS amount, state
FROM register_money WHERE initiative_id IS NOT NULL AND (budget IS NOT NULL OR state IS NOT NULL);

DELETE FROM model.benefit;
INSERT INTO model.benefit BY NAME
SELECT initiative_id, fiscal_year, fiscal_year || '-Q' || quarter_number AS quarter,
       fiscal_quarter_start(fiscal_year, quarter_number) AS starts_on,
       CAST(fiscal_quarter_start(fiscal_year, quarter_number) + INTERVAL 3 MONTH - INTERVAL 1 DAY AS DATE) AS ends_on,
       benefit_planned AS planned, benefit_forecast AS forecast, benefit_confirmed AS confirmed
FROM register_money
WHERE initiative_id IS NOT NULL
    AND (benefit_planned IS NOT NULL OR benefit_forecast IS NOT NULL OR benefit_confirmed IS NOT NULL);
