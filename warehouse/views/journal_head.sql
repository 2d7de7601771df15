-- The last entry of the journal and its hash: whoever holds it can later tell whether the journal was changed.
SELECT n, hash FROM journal.head
