-- What people entitled to it chose about a break's episode.
SELECT decision_id, break_id, episode, kind, decided_by, on_behalf_of, decided_on, until, up_to_days, note, via
FROM breaks.decision
