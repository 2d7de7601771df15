-- The one shape into which every source of general-ledger lines is brought. Amounts are signed, in `currency`.
CREATE OR REPLACE TEMP TABLE staged_posting (
    source_id VARCHAR, record_key VARCHAR, company_code VARCHAR, ledger VARCHAR, document VARCHAR, line VARCHAR,
    posting_date DATE, fiscal_year INTEGER, period INTEGER, amount DECIMAL(18, 4), currency VARCHAR,
    account VARCHAR, cost_center VARCHAR, project VARCHAR, purchase_order VARCHAR, supplier VARCHAR,
    text VARCHAR, milestone VARCHAR, file VARCHAR, row BIGINT
);
-- Every version that landed, for the account of what stands no more.
CREATE OR REPLACE TEMP TABLE staged_posting_version (
    source_id VARCHAR, record_key VARCHAR, version INTEGER, gone BOOLEAN, file VARCHAR, seq BIGINT,
    amount DECIMAL(18, 4)
);
