SELECT initiative_id, fiscal_year, quarter, starts_on, ends_on, amount, state FROM model.budget
