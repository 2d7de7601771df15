"""What the connectors that read tables from files share. Not a connector: the name begins with `_`.

`files`: which files there are and which changed. `workbook`: a workbook's sheets as text. `headers`: where
the configured columns stand. `columns` and `table`: cells read by each column's style, set-wise in DuckDB,
and spooled as `connectors.contract.Page` describes. What becomes of a row (its key, its fate) is left to each
connector.
"""
