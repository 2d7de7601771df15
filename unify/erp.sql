-- ERP exports: one posting per line. Input: `posting` with the hub's names as columns.
INSERT INTO staged_posting BY NAME
SELECT
    getvariable('source_id') AS source_id, _key AS record_key, company_code, ledger, document, line,
    CAST(posting_date AS DATE) AS posting_date, CAST(fiscal_year AS INTEGER) AS fiscal_year,
    CAST(period AS INTEGER) AS period, CAST(amount AS DECIMAL(18, 4)) AS amount, upper(currency) AS currency,
    account, cost_center, project, purchase_order, supplier, "text", milestone, _scope AS file, _row AS "row"
FROM posting;
INSERT INTO staged_posting_version BY NAME
SELECT
    getvariable('source_id') AS source_id, _key AS record_key, _version AS version, _gone IS NOT NULL AS gone,
    _scope AS file, _seq AS seq, CAST(amount AS DECIMAL(18, 4)) AS amount
FROM posting_version;
