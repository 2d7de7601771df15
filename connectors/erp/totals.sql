-- Lines that look like totals (table `suspect`), by `kind`:
-- `total`: a cell says so, and document or date is missing
-- `total of`: a cell says it of something, and both are missing
-- `bare`: both are missing, and nothing stands there but the amount and what postings are grouped by.
-- $has_document, $has_date: whether the columns are configured.
CREATE OR REPLACE TEMP TABLE suspect AS
WITH looked_at AS (
    SELECT *,
        NOT $has_document OR "@document" IS NULL OR total_label("@document") OR total_of_something("@document")
            AS no_document,
        NOT $has_date OR "@posting_date" IS NULL AS no_date,
        1 + ("@currency" IS NOT NULL)::INT + ("@company_code" IS NOT NULL)::INT + ("@ledger" IS NOT NULL)::INT
            + ("@fiscal_year" IS NOT NULL)::INT + ("@period" IS NOT NULL)::INT + ("@account" IS NOT NULL)::INT
            + ("@cost_center" IS NOT NULL)::INT + ("@project" IS NOT NULL)::INT AS grouping_cells
    FROM laid
    WHERE "@amount" IS NOT NULL AND NOT _again AND _fault IS NULL
), incomplete AS (
    SELECT _row, exact("@amount") AS _amount, no_document AND no_date AS both_missing,
        _filled <= grouping_cells AND ($has_document OR $has_date) AS nothing_else
    FROM looked_at
    WHERE $has_document AND no_document OR $has_date AND no_date OR NOT $has_document AND NOT $has_date
), said AS (
    SELECT incomplete.*,
        len(list_filter(list_value(*COLUMNS('raw\d+')), lambda cell: coalesce(total_label(cell), false))) > 0 AS total,
        len(list_filter(list_value(*COLUMNS('raw\d+')), lambda cell: coalesce(total_of_something(cell), false))) > 0 AS total_of
    FROM incomplete JOIN cell ON cell."row" = incomplete._row
)
SELECT _row, _amount,
    CASE WHEN total THEN 'total' WHEN both_missing AND total_of THEN 'total of'
        WHEN both_missing AND nothing_else THEN 'bare' END AS kind
FROM said
WHERE kind IS NOT NULL;
