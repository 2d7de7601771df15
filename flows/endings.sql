-- How a handover came to its end, by its id: what a break about it is closed with.
SELECT handover_id, CASE
    WHEN provider_status = 'dropped' THEN 'the provider''s side was dropped'
    WHEN consumer_status = 'dropped' THEN 'the consumer''s side was dropped'
    WHEN delivered AND days_late > 0
        THEN 'delivered ' || days_late || CASE days_late WHEN 1 THEN ' day' ELSE ' days' END || ' late'
    WHEN delivered THEN 'delivered in time'
    WHEN consumer_status = 'done' THEN 'the consumer''s side is done'
    END AS ending
FROM handover
WHERE ending IS NOT NULL
