-- `active` is false for somebody whom any tool knows as gone.
SELECT person_id, name, department_id, active, hours_per_week FROM model.person
