-- Every episode of every break, open or resolved.
SELECT break_id, episode, code, rule, key, severity, subject_id, initiative_id, from_department,
       to_department, days_late, amount_at_risk, state, first_seen, last_seen, closed_on, closed_because,
       told_on, silent_until, silent_up_to, message, evidence
FROM breaks.episode
