-- Plain figures: digits and at most one decimal point, with a leading minus. $point and $comma: what a figure
-- looks like under each mark; a column of which neither speaks has figures without.
CREATE OR REPLACE TEMP TABLE figure AS
SELECT number, reading, text, typed,
    CASE
        WHEN typed THEN text
        WHEN style = ',' AND regexp_full_match(body, $comma)
            THEN sign || replace(regexp_replace(body, '[^\d,]', '', 'g'), ',', '.')
        WHEN style IS DISTINCT FROM ',' AND regexp_full_match(body, $point)
            THEN sign || regexp_replace(body, '[^\d.]', '', 'g')
    END AS plain
FROM (SELECT *, CASE WHEN minus THEN '-' ELSE '' END AS sign FROM seen JOIN figured USING (text))
LEFT JOIN style USING (number)
WHERE reading IN ('amount', 'number');
