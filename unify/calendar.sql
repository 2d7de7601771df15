-- The fiscal quarters around today.
DELETE FROM model.fiscal_quarter;
INSERT INTO model.fiscal_quarter BY NAME
WITH around AS (
    SELECT ahead, CAST(fiscal_quarter_start(fiscal_label(getvariable('today')),
                                            (fiscal_period(getvariable('today')) - 1) // 3 + 1)
                       + to_months(CAST(3 * ahead AS INTEGER)) AS DATE) AS starts_on
    FROM (SELECT unnest(generate_series(-12, 12)) AS ahead)
)
SELECT fiscal_label(starts_on) AS fiscal_year,
       fiscal_label(starts_on) || '-Q' || ((fiscal_period(starts_on) - 1) // 3 + 1) AS quarter, starts_on,
       CAST(starts_on + INTERVAL 3 MONTH - INTERVAL 1 DAY AS DATE) AS ends_on, ahead
FROM around;
