"""Reads spooled pages into the temporary table `incoming`: a row per record, with the hash of its content.

One statement per stream, however many pages: the pages are files that DuckDB reads by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from warehouse.database import quote
from warehouse.raw import Spec, Spooled

# What every record has, and its type; the rest of a row's columns are the source's own.
TEMPLATE = {
    "_ordinal": "BIGINT",  # the order in which records were read
    "_key": "VARCHAR",
    "_place": "VARCHAR",
    "_row": "BIGINT",
    "_scope": "VARCHAR",
    "_fate": "VARCHAR",
    "_reason": "VARCHAR",
    "_amount": "DECIMAL(18, 4)",
    "_hash": "VARCHAR",
}


def load(db: duckdb.DuckDBPyConnection, spec: Spec, pages: Sequence[Spooled]) -> None:
    """Fill `incoming` with the records of these pages of one stream, in their order."""
    select, values = _json(spec, pages) if spec.shape == "json" else _rows(spec, pages)
    empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in TEMPLATE.items())
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT {empty} WHERE false UNION ALL BY NAME {select}",
        values,
    )


def _json(spec: Spec, pages: Sequence[Spooled]) -> tuple[str, dict[str, Any]]:
    """Records inside a tool's own replies. All pages of such a stream are of one scope."""
    values: dict[str, Any] = {"files": [str(page.path) for page in pages], "scope": pages[0].scope}
    outer = (
        "SELECT list_position($files, filename) AS page,"
        f" unnest(json_extract(content, '$.{spec.records[0]}[*]')) AS record FROM read_text($files)"
    )
    inner = f"SELECT page, record, NULL::VARCHAR AS _parent FROM ({outer})"
    if len(spec.records) > 1:
        inner = (
            f"SELECT page, unnest(json_extract(record, '$.{spec.records[1]}[*]')) AS record,"
            f" record ->> '$.{spec.parent}' AS _parent FROM ({outer})"
        )
    parts, hashed = "NULL", "sha256(record::VARCHAR)"
    if spec.content:
        values |= _content_values(spec.content)
        parts, hashed = "json_extract(record, $cut)", _content_hash(spec.content)
    select = (
        "SELECT row_number() OVER (ORDER BY page) AS _ordinal, _key, _parent, $scope AS _scope,"
        " CASE WHEN _key IS NULL THEN 'quarantine' ELSE 'land' END AS _fate,"
        " CASE WHEN _key IS NULL THEN 'a record without its id' END AS _reason,"
        f" {hashed} AS _hash, record AS payload"
        f" FROM (SELECT *, record ->> '$.{spec.key}' AS _key, {parts} AS parts FROM ({inner}))"
    )
    return select, values


def _content_values(content: Sequence[str]) -> dict[str, Any]:
    """The paths, lists cut out first: DuckDB takes no wildcard in a list of paths, and one call per path reads
    the whole record each time (2,473 issues: 5.4 s, so 0.5 s)."""
    values: dict[str, Any] = {"cut": [path.split("[*]", 1)[0] for path in content]}
    for n, path in enumerate(content):
        values[f"path{n}"] = path
        if "[*]" in path:
            values[f"rest{n}"] = "$[*]" + path.split("[*]", 1)[1]
    return values


def _content_hash(content: Sequence[str]) -> str:
    """SQL for the hash over the paths' values. An absent value adds nothing, so a new path is no news."""
    found = [
        f"json_extract(parts[{n + 1}], $rest{n})" if "[*]" in path else f"parts[{n + 1}]"
        for n, path in enumerate(content)
    ]
    named = ", ".join(f"$path{n} || '=' || ({value})::VARCHAR" for n, value in enumerate(found))
    return f"sha256(concat_ws(chr(31), {named}))"


def _rows(spec: Spec, pages: Sequence[Spooled]) -> tuple[str, dict[str, Any]]:
    """Tables of text cells, one select per page."""
    mapped = ", ".join(f"'{name}=' || {quote('@' + name)}" for name in sorted(spec.reads))
    hashed = f"sha256(concat_ws(chr(31), {mapped}))" if mapped else "''"
    values: dict[str, Any] = {}
    selects = []
    for n, page in enumerate(pages):
        values |= {f"file{n}": str(page.path), f"scope{n}": page.scope, f"base{n}": n << 32}
        reader = f"read_parquet($file{n})" if page.path.suffix == ".parquet" else _lines(spec, n)
        selects.append(
            f"SELECT $base{n} + row_number() OVER () AS _ordinal, $scope{n} AS _scope, {hashed} AS _hash, *"
            f" FROM {reader}"
        )
    return " UNION ALL BY NAME ".join(selects), values


def _lines(spec: Spec, n: int) -> str:
    """Newline-delimited JSON, its columns named: a guessed type would change what the source said."""
    types = {name: kind for name, kind in TEMPLATE.items() if name not in ("_ordinal", "_scope", "_hash")}
    types |= {f"@{name}": "VARCHAR" for name in spec.reads}
    columns = ", ".join(f"{quote(name)}: '{kind}'" for name, kind in types.items())
    return f"read_json($file{n}, format = 'newline_delimited', columns = {{{columns}}})"
