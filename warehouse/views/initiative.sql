-- The initiative register; `money_expected` says that it has a Money sheet.
SELECT initiative_id, name, objective, type, departments, sponsor_id, controller_id, rank, stage, start_date,
       baseline_finish, aliases, closure_criteria, money_expected
FROM model.initiative
