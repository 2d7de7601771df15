SELECT department_id, name, lead_id FROM model.department
