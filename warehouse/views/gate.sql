-- Gates that policy requires; item_id is NULL where no tool holds one.
SELECT gate_id, kind, handover_id, initiative_id, item_id, required_by, typical_days FROM model.gate
