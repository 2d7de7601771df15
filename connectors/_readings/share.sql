-- Shares from 0 to 1, by the scale of their column.
INSERT INTO meaning
WITH figure AS (
    SELECT number, text, typed, contains(text, '%') AS marked, style IS NOT NULL AS percent,
        TRY_CAST(replace(regexp_extract(text, '^(\d+(?:[.,]\d+)?|[.,]\d+)[\s\x{A0}\x{202F}]*%?$', 1), ',', '.')
            AS DECIMAL(18, 8)) AS figure
    FROM seen LEFT JOIN style USING (number)
    WHERE reading = 'share'
), share AS (
    SELECT *, CASE WHEN marked OR percent THEN CAST(figure / 100 AS DECIMAL(18, 10)) ELSE figure END AS share,
        percent AND NOT marked AND figure > 0 AND figure < 1 AS doubtful
    FROM figure
)
SELECT number, text, typed,
    CASE WHEN share <= 1 AND NOT doubtful
        THEN regexp_replace(regexp_replace(CAST(share AS VARCHAR), '0+$', ''), '\.$', '') END,
    CASE
        WHEN share IS NULL THEN 'is no share of the whole'
        WHEN doubtful
            THEN 'may be less than one per cent or a fraction, as the column holds per cents (write it with %)'
        WHEN share > 1 AND NOT marked AND NOT percent THEN 'is above 1, as the column holds fractions (write it with %)'
        WHEN share > 1 THEN 'is more than 100 %'
    END
FROM share;
