-- An initiative's budget of a fiscal quarter, and its state: requested, approved, released, held.
SELECT initiative_id, fiscal_year, quarter, starts_on, ends_on, amount, state FROM model.budget
