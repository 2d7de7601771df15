-- Who is who: one person per e-mail address, known by aliases, account ids and names.
-- `proven` names may carry authority (an address or an account id); a display name never does.
CREATE OR REPLACE TEMP TABLE person_name AS
SELECT lower(person_id) AS name, person_id, true AS proven FROM company_person
UNION
SELECT folded(alias), person_id, true FROM (SELECT person_id, unnest(aliases) AS alias FROM company_person)
WHERE folded(alias) IS NOT NULL;

CREATE OR REPLACE TEMP TABLE account AS
SELECT
    staged.source_id, staged.account_id, staged.name, staged.active, staged.email,
    coalesce(by_id.person_id, by_email.person_id, staged.email, by_name.person_id,
             staged.source_id || ':' || staged.account_id) AS person_id,
    coalesce(by_id.person_id, by_email.person_id, staged.email) IS NOT NULL AS proven
FROM staged_person AS staged
LEFT JOIN person_name AS by_id ON by_id.name = lower(staged.account_id)
LEFT JOIN person_name AS by_email ON by_email.name = staged.email
LEFT JOIN (SELECT name, min(person_id) AS person_id FROM person_name GROUP BY name HAVING count(*) = 1) AS by_name
    ON by_name.name = folded(staged.name);

DELETE FROM model.account;
INSERT INTO model.account SELECT DISTINCT source_id, account_id, person_id FROM account WHERE proven;

INSERT INTO person_name
SELECT folded(name), min(person_id), false FROM account
WHERE folded(name) IS NOT NULL AND folded(name) NOT IN (SELECT name FROM person_name)
GROUP BY folded(name) HAVING count(DISTINCT person_id) = 1;

-- Who is meant by the words with which a tool or the register calls somebody: an account id of that tool, a
-- known name, an address, or else the words themselves under the tool's name.
CREATE OR REPLACE TEMP TABLE person_meant AS
WITH said AS (
    SELECT source_id, owner AS words FROM staged_item
    UNION SELECT 'register', sponsor FROM staged_initiative
    UNION SELECT 'register', controller FROM staged_initiative
    UNION SELECT 'register', provider_owner FROM staged_handover
    UNION SELECT 'register', consumer_owner FROM staged_handover
), known AS (
    SELECT name, min(person_id) AS person_id FROM person_name GROUP BY name
)
SELECT
    said.source_id, said.words,
    coalesce(
        account.person_id, known.person_id,
        CASE WHEN regexp_matches(trim(said.words), '^[^@\s]+@[^@\s]+$') THEN lower(trim(said.words)) END,
        said.source_id || ':' || trim(said.words)
    ) AS person_id
FROM said
LEFT JOIN account ON account.source_id = said.source_id AND account.account_id = trim(said.words)
LEFT JOIN known ON known.name = folded(said.words)
WHERE folded(said.words) IS NOT NULL;
