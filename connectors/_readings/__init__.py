"""What the connectors that read tables from files share. Not a connector: the name begins with `_`.

`files`: which files there are and which changed. `workbook`, `cells` and `grid`: a workbook's sheets as text.
`headers`: where the configured columns stand. `blocks`: cells brought into DuckDB column by column. `columns` and
`table`: cells read by each column's style, set-wise there, and spooled as `connectors.contract.Page` describes. What
becomes of a row (its key, its fate) is left to each connector.
"""
