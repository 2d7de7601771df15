-- Whole numbers, without leading zeros.
INSERT INTO meaning
SELECT number, text, typed, CAST(whole AS VARCHAR), CASE WHEN whole IS NULL THEN 'is no whole number' END
FROM (
    SELECT *, TRY_CAST(regexp_extract(text, '^([+-]?\d+)([.,]0+)?$', 1) AS BIGINT) AS whole
    FROM seen
    WHERE reading = 'integer'
);
