-- A dependency between two departments, with what it comes to: the day the provider's side reaches, the last
-- day on which that is in time, and the consumer's working days between (negative: to spare).
SELECT h.handover_id, h.dependency_id, h.initiative_id, h.from_department, h.to_department, h.what,
       h.provider_item, h.consumer_item, h.provider_owner, h.consumer_owner, h.need_by, h.commitment, h.state,
       h.stated_by, h.type, h.lag_days, v.reaches_on, v.needed_on, v.needed_because, v.days_late,
       coalesce(v.delivered, false) AS delivered, h.provider_status, h.consumer_status
FROM model.handover AS h
LEFT JOIN plan.handover_verdict AS v USING (handover_id)
