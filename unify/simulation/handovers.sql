-- Handovers that come later or earlier, or are needed at another time, the latest first.
SELECT after.handover_id, after.initiative_id, after.from_department, after.to_department, after.what,
       after.provider_item, after.consumer_item, after.provider_owner, after.consumer_owner, after.type,
       before.reaches_on AS reaches_before, after.reaches_on AS reaches_after, after.needed_on,
       before.days_late AS days_late_before, after.days_late AS days_late_after,
       before.days_late <= 0 AND after.days_late > 0 AS breaks
FROM handover AS after
JOIN before.handover AS before USING (handover_id)
WHERE after.days_late IS DISTINCT FROM before.days_late AND NOT after.delivered
ORDER BY after.days_late DESC NULLS LAST, after.handover_id
