-- Each attempt to make a tool show an alert, with the tool's answer.
SELECT d.delivery_id, d.alert_id, a.break_id, a.episode, a.audience, a.source_id, a.item_id, d.attempt, d.tried_at, d.outcome,
       d.reference, d.detail
FROM outbox.delivery AS d
JOIN outbox.alert AS a USING (alert_id)
