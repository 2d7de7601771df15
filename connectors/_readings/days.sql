-- Working days, as a sum of parts: `3`, `3d`, `2 weeks`, `1w 2d`, `16h` (8 hours a day, 5 days a week); or hours as a
-- clock shows them, as cells of the format `[h]:mm` hold them: `40:00`.
INSERT INTO meaning
WITH part AS (
    SELECT number, text, typed, lower(text) AS plain,
        regexp_extract_all(lower(text), '(?:\d+(?:[.,]\d+)?|[.,]\d+)[\s\x{A0}\x{202F}]*[\pL. ]*') AS parts
    FROM seen
    WHERE reading = 'days'
), figure AS (
    SELECT number, text, typed, CASE WHEN regexp_full_match(plain, '\d+:[0-5]\d(:[0-5]\d)?')
        THEN CAST((split_part(plain, ':', 1)::BIGINT * 3600 + split_part(plain, ':', 2)::BIGINT * 60
            + coalesce(TRY_CAST(split_part(plain, ':', 3) AS BIGINT), 0)) / 28800 AS DECIMAL(38, 6))
        WHEN regexp_full_match(plain,
        '(\d+(?:[.,]\d+)?|[.,]\d+)|((?:\d+(?:[.,]\d+)?|[.,]\d+)[\s\x{A0}\x{202F}]*'
        || '(d|days?|wd|pd|md|pt|at|working days?|workdays?|business days?|t|tage?n?|arbeitstage?n?|personentage?n?'
        || '|w|wks?|weeks?|wochen?|wo|h|hrs?|hours?|std|stunden?)\.?(,| and| und)?[\s\x{A0}\x{202F}]*)+')
        THEN list_sum(list_transform(parts, lambda part:
            CAST(replace(regexp_extract(part, '^[\d.,]*\d'), ',', '.') AS DECIMAL(18, 6))
            * CASE
                WHEN regexp_matches(part, '\d[\s\x{A0}\x{202F}]*(wks?|w|weeks?|wochen?|wo)\b') THEN 5
                WHEN regexp_matches(part, '\d[\s\x{A0}\x{202F}]*(h|hrs?|hours?|std|stunden?)\b') THEN 0.125
                ELSE 1 END)) END AS days
    FROM part
)
SELECT number, text, typed, regexp_replace(regexp_replace(CAST(days AS VARCHAR), '(\.\d*?)0+$', '\1'), '\.$', ''),
    CASE WHEN days IS NULL THEN 'is no number of days' END
FROM figure;
