-- Numbers of any length, without zeros that say nothing.
INSERT INTO meaning
SELECT number, text, typed,
    regexp_replace(regexp_replace(regexp_replace(plain, '(\.\d*?)0+$', '\1'), '\.$', ''), '^(-?)0*(\d)', '\1\2'),
    CASE WHEN plain IS NULL THEN 'is no number' END
FROM figure
WHERE reading = 'number';
