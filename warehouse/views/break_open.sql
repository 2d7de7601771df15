-- What is wrong now and not resolved, worst first within a severity.
SELECT break_id, code, rule, key, severity, subject_id, initiative_id, from_department, to_department,
       days_late, amount_at_risk, state, first_seen, decide_by, root_id, message
FROM breaks.episode
WHERE state <> 'resolved'
