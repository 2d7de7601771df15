-- Spend in the reporting currency per initiative, milestone and fiscal period; unmapped spend has no initiative.
SELECT initiative_id, milestone_id, fiscal_year, period, CAST(sum(reporting_amount) AS DECIMAL(18, 4)) AS amount
FROM model.posting
GROUP BY ALL
