-- Days on which somebody is away, both ends included, as the configuration says. Personal data.
SELECT person_id, starts_on, ends_on FROM plan.absence
