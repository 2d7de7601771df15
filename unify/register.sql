-- The initiative register: initiatives, their money, their handovers, and what is the same thing.
INSERT INTO staged_initiative BY NAME
SELECT initiative, aliases, objective, type, departments, sponsor, controller, rank, stage,
       CAST(start AS DATE) AS start_date, CAST(baseline_finish AS DATE) AS baseline_finish, closure_criteria
FROM initiative;

INSERT INTO staged_money BY NAME
SELECT initiative, fiscal_quarter, CAST(budget AS DECIMAL(18, 4)) AS budget, lower(trim(state)) AS state,
       CAST(benefit_planned AS DECIMAL(18, 4)) AS benefit_planned,
       CAST(benefit_forecast AS DECIMAL(18, 4)) AS benefit_forecast,
       CAST(benefit_confirmed AS DECIMAL(18, 4)) AS benefit_confirmed, _place AS place
FROM money;

INSERT INTO staged_handover BY NAME
SELECT _key AS record_key, initiative, from_department, to_department, what, provider_item, consumer_item,
       CAST(need_by AS DATE) AS need_by, provider_owner, consumer_owner, commitment,
       lower(trim(state)) AS state, _place AS place
FROM handover;

INSERT INTO staged_same BY NAME
SELECT _key AS record_key, item, same_as, local_date(_at) AS since FROM same;
