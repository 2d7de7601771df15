-- The parts of each text that should be a figure: what stands before the digits, the digits with their
-- marks, and what stands behind. $head and $tail: what may stand there.
CREATE OR REPLACE TEMP TABLE figured AS
WITH part AS (
    SELECT *, regexp_extract(translate(text, '−–—', '---'),
        '^(.*?)((?:\d|[.,]\d)(?:[\d.,''’ \x{A0}\x{2009}\x{202F}]*\d)?)(\D*)$', ['head', 'body', 'tail']) AS part
    FROM (SELECT DISTINCT text FROM seen WHERE reading IN ('amount', 'number'))
), signed AS (
    SELECT text, part.body,
        regexp_full_match(part.head, $head) AND regexp_full_match(part.tail, $tail)
            AND contains(part.head, '(') = contains(part.tail, ')') AS clean,
        regexp_extract_all(part.head || '|' || regexp_replace(lower(part.tail), '^[.,]-+', ''), '[-(]')
            || regexp_extract_all(lower(part.tail), '(?:cr|[^\pL][hc]|^[hc])\s*$') AS minuses
    FROM part
)
SELECT text, CASE WHEN clean AND len(minuses) <= 1 THEN body END AS body, len(minuses) = 1 AS minus
FROM signed;
