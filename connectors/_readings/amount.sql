-- Amounts: exact, four decimals. A cast would round what has more; so that is looked for first.
INSERT INTO meaning
SELECT number, text, typed, CAST(amount AS VARCHAR),
    CASE
        WHEN plain IS NULL THEN 'is no amount'
        WHEN NOT short THEN 'has more than four decimals'
        WHEN amount IS NULL THEN 'is larger than an amount can be (14 digits before the decimal mark)'
    END
FROM (
    SELECT *, CASE WHEN short THEN exact(plain) END AS amount
    FROM (SELECT *, regexp_full_match(plain, '-?\d*(\.\d{0,4}0*)?') AS short FROM figure WHERE reading = 'amount')
);
