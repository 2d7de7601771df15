-- Readings that several SQL files share. `timezone`, `fiscal_start` and `fiscal_label` are variables.

-- An ISO timestamp with an offset (Jira writes +0000) as UTC.
CREATE OR REPLACE TEMP MACRO instant(stamp) AS
    CAST(TRY_CAST(regexp_replace(stamp, '([+-]\d\d)(\d\d)$', '\1:\2') AS TIMESTAMPTZ) AT TIME ZONE 'UTC' AS TIMESTAMP);

-- The company's calendar day of a UTC timestamp.
CREATE OR REPLACE TEMP MACRO local_date(stamp) AS
    CAST((stamp AT TIME ZONE 'UTC') AT TIME ZONE getvariable('timezone') AS DATE);

-- Names are compared without regard to case and to runs of white space.
CREATE OR REPLACE TEMP MACRO folded(name) AS nullif(lower(trim(regexp_replace(name, '\s+', ' ', 'g'))), '');

-- A cell that holds a list: `IT; Marketing`.
CREATE OR REPLACE TEMP MACRO listed(cell) AS
    list_filter(list_transform(regexp_split_to_array(cell, '[;\n]'), lambda part: trim(part)), lambda part: part <> '');

-- The label of the fiscal year that holds a date, its quarter (1 to 4) and period (1 to 12).
CREATE OR REPLACE TEMP MACRO fiscal_label(on_day) AS
    CAST(year(on_day - to_months(getvariable('fiscal_start') - 1))
         + CASE WHEN getvariable('fiscal_label') = 'end' AND getvariable('fiscal_start') > 1 THEN 1 ELSE 0 END AS INTEGER);
CREATE OR REPLACE TEMP MACRO fiscal_period(on_day) AS
    CAST(month(on_day - to_months(getvariable('fiscal_start') - 1)) AS INTEGER);
-- The first day of a quarter of a labelled year.
CREATE OR REPLACE TEMP MACRO fiscal_quarter_start(labelled, quarter) AS
    CAST(make_date(labelled - CASE WHEN getvariable('fiscal_label') = 'end' AND getvariable('fiscal_start') > 1
                              THEN 1 ELSE 0 END, 1, 1)
         + to_months(getvariable('fiscal_start') - 1 + 3 * (quarter - 1)) AS DATE);
