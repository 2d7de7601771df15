-- What each text that should be a date may mean: `fixed` where its notation leaves no choice, else by order of
-- day, month and year. $epoch is the day of serial number 0.
CREATE OR REPLACE TEMP TABLE dated AS
WITH bare AS (
    SELECT *,
        regexp_replace(regexp_replace(regexp_replace(text, '[\s\x{A0}\x{202F}\x{2009}]+', ' ', 'g'),
            '(?i)[T ,]+\d{1,2}(:\d{2}(:\d{2}([.,]\d+)?)?|([:.]\d{2})? ?(am|pm|uhr|h)) ?(am|pm|uhr|h)?'
            || ' ?(z|utc|gmt|[+-]\d{2}:?\d{2})?$', ''),
            '(?i)^(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun|mo|di|mi|do|fr|sa|so|diens|donners|frei|sams|sonn)'
            || '(day|tag)?[.,]* |^(mittwoch|sonnabend)[.,]* ', '') AS plain
    FROM (SELECT DISTINCT text FROM seen WHERE reading = 'date')
), part AS (
    SELECT *,
        regexp_extract(plain, '^(\d{4}|\d{1,2})(?:-|/|\.) ?(\d{1,2})(?:-|/|\.) ?(\d{4}|\d{1,2})\.?$',
                       ['a', 'b', 'c']) AS figures,
        regexp_extract(plain,
                       '(?i)^(\d{1,2})(?:st|nd|rd|th)?\.?[-/ ]?(?:of )?([^\d\s./,-]{3,9})\.?,?[-/ ]?''?(\d{4}|\d{2})$',
                       ['d', 'm', 'y']) AS day_first,
        regexp_extract(plain, '(?i)^([^\d\s./,-]{3,9})\.?[-/ ]?(\d{1,2})(?:st|nd|rd|th)?(?:,|,? |[-/])''?(\d{4}|\d{2})$',
                       ['m', 'd', 'y']) AS month_first,
        regexp_extract(plain, '^(\d{4})[-/ ]([^\d\s./,-]{3,9})\.?[-/ ](\d{1,2})$', ['y', 'm', 'd']) AS year_first,
        regexp_extract(plain, '^((?:19|20|21)\d{2})(\d{2})(\d{2})$', ['y', 'm', 'd']) AS packed,
        regexp_extract(plain, '^(\d{5})(?:[.,]\d+)?$', 1) AS serial
    FROM bare
), named AS (
    SELECT *, coalesce(nullif(day_first.m, ''), nullif(month_first.m, ''), nullif(year_first.m, '')) AS month,
        coalesce(nullif(day_first.y, ''), nullif(month_first.y, ''), nullif(year_first.y, ''), nullif(packed.y, ''),
            CASE WHEN length(figures.a) = 4 AND length(figures.c) <= 2 THEN figures.a END) AS year,
        coalesce(nullif(day_first.d, ''), nullif(month_first.d, ''), nullif(year_first.d, ''), nullif(packed.d, ''),
            figures.c) AS day,
        length(figures.a) <= 2 AND length(figures.c) IN (2, 4) AS year_last
    FROM part
), placed AS (
    SELECT named.*, coalesce(CAST(month_name.number AS VARCHAR), nullif(packed.m, ''),
        CASE WHEN named.month IS NULL THEN figures.b END) AS number
    FROM named LEFT JOIN month_name ON month_name.word = strip_accents(lower(named.month))
)
SELECT text, length(figures.a) <= 2 AND length(figures.c) = 2 AS short_year,
    coalesce(TRY_CAST(whole_year(year) || '-' || number || '-' || day AS DATE),
             CAST($epoch AS DATE) + TRY_CAST(serial AS INTEGER)) AS fixed,
    CASE WHEN year_last THEN TRY_CAST(whole_year(figures.c) || '-' || figures.b || '-' || figures.a AS DATE) END AS dmy,
    CASE WHEN year_last THEN TRY_CAST(whole_year(figures.c) || '-' || figures.a || '-' || figures.b AS DATE) END AS mdy,
    CASE WHEN length(figures.a) = 2 AND length(figures.c) <= 2
        THEN TRY_CAST(whole_year(figures.a) || '-' || figures.b || '-' || figures.c AS DATE) END AS ymd
FROM placed;
