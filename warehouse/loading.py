"""Reads spooled pages into the temporary table `incoming`: a row per record, with the hash of its content.

One statement per stream, however many pages: the pages are files that DuckDB reads by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
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
    _fill(db, *(_json(spec, pages) if spec.shape == "json" else _rows(spec, pages)))


def load_digest(db: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Fill `incoming` from a digest, without the payloads of what may land: they are as large as the pages, and
    must not be held at once."""
    select = "SELECT * EXCLUDE (payload, held), held AS payload FROM read_parquet($files)"
    _fill(db, select, {"files": [str(path) for path in files]})


def _fill(db: duckdb.DuckDBPyConnection, select: str, values: Mapping[str, Any]) -> None:
    empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in TEMPLATE.items())
    db.execute(
        f"CREATE OR REPLACE TEMP TABLE incoming AS SELECT {empty} WHERE false UNION ALL BY NAME {select}",
        values,
    )


def _json(spec: Spec, pages: Sequence[Spooled]) -> tuple[str, dict[str, Any]]:
    """Records inside a tool's own replies. All pages of such a stream are of one scope."""
    select, values = records(spec, outer(spec.records[0]), pages[0].scope)
    return select, values | {"files": [str(page.path) for page in pages]}


def outer(name: str) -> str:
    """SQL for the elements of the list of that name in each of $files, in their order."""
    return f"SELECT filename, unnest(json_extract(content, '$.{name}[*]')) AS record FROM read_text($files)"


def records(spec: Spec, listed: str, scope: str, number: int = 0) -> tuple[str, dict[str, Any]]:
    """SQL, with its values, for the records in or below `listed`, which is SQL for `outer` ones; `number` puts
    batches in order."""
    hashed, cuts, values = _content(spec)
    values |= {"scope": scope, "base": number << 32, "cuts": [*cuts, f"$.{spec.key}"]}
    inner = f"SELECT record, NULL::VARCHAR AS _parent FROM ({listed})"
    if len(spec.records) > 1:
        # Cut out before they are unnested: DuckDB would read the parent's key in the whole record for each of them.
        values["above"] = [f"$.{spec.parent}", f"$.{spec.records[1]}"]
        inner = (
            "SELECT unnest(json_extract(above[2], '$[*]')) AS record, above[1] ->> '$' AS _parent"
            f" FROM (SELECT json_extract(record, $above) AS above FROM ({listed}))"
        )
    select = (
        "SELECT $base + row_number() OVER () AS _ordinal, _key, _parent, $scope AS _scope,"
        " CASE WHEN _key IS NULL THEN 'quarantine' ELSE 'land' END AS _fate,"
        " CASE WHEN _key IS NULL THEN 'a record without its id' END AS _reason,"
        f" {hashed} AS _hash, record AS payload FROM (SELECT *, cut[-1] ->> '$' AS _key"
        f" FROM (SELECT *, json_extract(record, $cuts) AS cut FROM ({inner})))"
    )
    return select, values


def _content(spec: Spec) -> tuple[str, list[str], dict[str, Any]]:
    """SQL for the hash over the content of a record, with its values, and the paths that are to be cut out for it.

    One call of `json_extract` per path reads the whole record each time (2,473 issues: 5.4 s, so 0.3 s), and takes
    no wildcard among several: so lists are cut out whole, and what counts is cut out of their elements.
    """
    plain = [path for path in spec.content if "[*]" not in path]
    lists: dict[str, list[str]] = {}
    for path in spec.content:
        name, listed, member = path.partition("[*]")
        if listed:
            lists.setdefault(name, []).append(f"${member}")
    if not spec.content:
        return "sha256(record::VARCHAR)", [], {}
    told = [f"cut[:{len(plain)}]"]
    for n in range(len(lists)):
        of_each = f"json_extract(element, $members{n})"
        told.append(f"list_transform(json_extract(cut[{len(plain) + n + 1}], '$[*]'), element -> {of_each})")
    values = {f"members{n}": members for n, members in enumerate(lists.values())}
    return f"sha256([{', '.join(f'{each}::VARCHAR' for each in told)}]::VARCHAR)", [*plain, *lists], values


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
