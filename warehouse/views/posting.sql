-- One line of the general ledger. `reporting_amount` is NULL where the currency is another and no rate is known.
SELECT posting_id, source_id, company_code, document, line, posting_date, fiscal_year, period, period_basis,
       amount, currency, reporting_amount, initiative_id, milestone_id, matched_by, file, row,
       cost_center, project, supplier, text
FROM model.posting
