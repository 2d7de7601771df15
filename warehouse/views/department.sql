-- The departments of the configuration; `lead_id` is a person.
SELECT department_id, name, lead_id FROM model.department
