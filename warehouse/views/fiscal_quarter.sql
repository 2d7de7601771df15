-- The fiscal quarters around today: ahead 0 holds today, 1 is the next, negative ones are past.
SELECT fiscal_year, quarter, starts_on, ends_on, ahead FROM model.fiscal_quarter
