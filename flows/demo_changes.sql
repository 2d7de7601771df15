-- What became of a break after somebody had answered: its real changes, and silences that ended.
SELECT CAST(entry.happened_at AS DATE) AS on_day, words.words ->> '$.code' AS code,
       words.words ->> '$.reason' AS reason
FROM journal.entry
JOIN journal.words USING (n)
WHERE entry.kind IN ('break changed', 'break silence ended')
    AND entry.n > (SELECT min(n) FROM journal.entry WHERE kind = 'decision')
ORDER BY entry.n
