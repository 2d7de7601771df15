-- Postings: fiscal year and period as stated, else derived and said so; initiative and milestone by the first
-- mapping rule that matches.
CREATE OR REPLACE TEMP TABLE ledger_line AS
SELECT
    staged.*,
    coalesce(fiscal_year, fiscal_label(posting_date)) AS in_year,
    coalesce(period, fiscal_period(posting_date)) AS in_period,
    CASE WHEN period IS NOT NULL AND fiscal_year IS NOT NULL THEN 'stated' ELSE 'derived' END AS period_basis
FROM staged_posting AS staged;

-- One look per combination of what the rules look at, not per posting.
CREATE OR REPLACE TEMP TABLE spend_match AS
WITH combination AS (
    SELECT DISTINCT source_id, project, cost_center, purchase_order, account, company_code, supplier, text
    FROM ledger_line
)
SELECT
    combination.*,
    min_by({'initiative_id': rule.initiative_id, 'milestone_id': rule.milestone_id, 'rule': rule.said}, rule.position)
        AS matched
FROM combination
JOIN spend_rule AS rule ON (rule.source IS NULL OR rule.source = combination.source_id)
    AND (rule.project IS NULL OR lower(combination.project) GLOB lower(rule.project))
    AND (rule.cost_center IS NULL OR lower(combination.cost_center) GLOB lower(rule.cost_center))
    AND (rule.purchase_order IS NULL OR lower(combination.purchase_order) GLOB lower(rule.purchase_order))
    AND (rule.account IS NULL OR lower(combination.account) GLOB lower(rule.account))
    AND (rule.company_code IS NULL OR lower(combination.company_code) GLOB lower(rule.company_code))
    AND (rule.supplier IS NULL OR lower(combination.supplier) GLOB lower(rule.supplier))
    AND (rule.text IS NULL OR lower(combination.text) GLOB lower(rule.text))
GROUP BY ALL;

DELETE FROM model.posting;
INSERT INTO model.posting BY NAME
SELECT
    posting.source_id || ':' || posting.record_key AS posting_id, posting.source_id, posting.company_code,
    posting.document, posting.line, posting.posting_date, posting.in_year AS fiscal_year,
    posting.in_period AS period, posting.period_basis, posting.amount,
    coalesce(posting.currency, getvariable('currency')) AS currency,
    CASE WHEN coalesce(posting.currency, getvariable('currency')) = getvariable('currency') THEN posting.amount END
        AS reporting_amount,
    coalesce(milestone.initiative_id, spend_match.matched.initiative_id) AS initiative_id,
    coalesce(milestone.item_id, spend_match.matched.milestone_id) AS milestone_id,
    CASE WHEN milestone.item_id IS NOT NULL THEN 'milestone stated in the export'
         ELSE spend_match.matched.rule END AS matched_by,
    posting.cost_center, posting.project, posting.supplier, posting.text, posting.file, posting.row
FROM ledger_line AS posting
LEFT JOIN spend_match
    ON spend_match.source_id = posting.source_id
    AND spend_match.project IS NOT DISTINCT FROM posting.project
    AND spend_match.cost_center IS NOT DISTINCT FROM posting.cost_center
    AND spend_match.purchase_order IS NOT DISTINCT FROM posting.purchase_order
    AND spend_match.account IS NOT DISTINCT FROM posting.account
    AND spend_match.company_code IS NOT DISTINCT FROM posting.company_code
    AND spend_match.supplier IS NOT DISTINCT FROM posting.supplier
    AND spend_match.text IS NOT DISTINCT FROM posting.text
LEFT JOIN (SELECT name, min(item_id) AS item_id FROM model.item_name WHERE form = 'key' GROUP BY name HAVING count(DISTINCT item_id) = 1)
    AS stated ON stated.name = lower(trim(posting.milestone))
LEFT JOIN model.work_item AS milestone ON milestone.item_id = stated.item_id;

DELETE FROM model.posting_past;
INSERT INTO model.posting_past BY NAME
WITH changed AS (
    SELECT source_id, record_key FROM staged_posting_version WHERE version > 1
), followed AS (
    SELECT staged.*, lead(gone) OVER (PARTITION BY source_id, record_key ORDER BY version) AS gone_next
    FROM staged_posting_version AS staged
    SEMI JOIN changed USING (source_id, record_key)
)
SELECT
    source_id, file, seq,
    coalesce(sum(amount) FILTER (NOT gone_next), 0) AS amount_superseded,
    coalesce(sum(amount) FILTER (gone_next), 0) AS amount_gone
FROM followed
WHERE NOT gone AND gone_next IS NOT NULL
GROUP BY ALL;
