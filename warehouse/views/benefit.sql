-- NULL: not stated, which is not 0.
SELECT initiative_id, fiscal_year, quarter, starts_on, ends_on, planned, forecast, confirmed FROM model.benefit
