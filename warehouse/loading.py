"""Reads spooled pages into the temporary table `incoming`: a row per record, with the hash of its content.

One statement per stream, however many pages: the pages are files that DuckDB reads by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def load(
    db: duckdb.DuckDBPyConnection, spec: Spec, pages: Sequence[Spooled], digested: Sequence[Path] = ()
) -> None:
    """Fill `incoming` with the records of these pages of one stream, in their order.

    `digested` are digests of the pages that come before these. Of their records `incoming` holds no payload: what
    is as large as the pages must not be held at once.
    """
    selects, values = _digested(digested)
    if pages:
        select, more = _json(spec, pages, len(digested)) if spec.shape == "json" else _rows(spec, pages)
        selects.append(select)
        values |= more
    empty = ", ".join(f"NULL::{kind} AS {name}" for name, kind in TEMPLATE.items())
    selects.insert(0, f"SELECT {empty} WHERE false")
    db.execute(f"CREATE OR REPLACE TEMP TABLE incoming AS {' UNION ALL BY NAME '.join(selects)}", values)


def _digested(digested: Sequence[Path]) -> tuple[list[str], dict[str, Any]]:
    if not digested:
        return [], {}
    select = "SELECT * EXCLUDE (payload, held), held AS payload FROM read_parquet($digested)"
    return [select], {"digested": [str(path) for path in digested]}


def _json(spec: Spec, pages: Sequence[Spooled], number: int) -> tuple[str, dict[str, Any]]:
    """Records inside a tool's own replies. All pages of such a stream are of one scope."""
    return records(spec, [page.path for page in pages], number, pages[0].scope)


def records(spec: Spec, files: Sequence[Path], number: int, scope: str = "") -> tuple[str, dict[str, Any]]:
    """SQL, with its values, for the records inside a tool's own replies; `number` puts batches of files in order."""
    cuts = _cuts(spec)
    values: dict[str, Any] = {
        "files": [str(path) for path in files], "scope": scope, "base": number << 32, "cuts": cuts,
    }  # fmt: skip
    outer = f"SELECT unnest(json_extract(content, '$.{spec.records[0]}[*]')) AS record FROM read_text($files)"
    inner = f"SELECT record, NULL::VARCHAR AS _parent FROM ({outer})"
    if len(spec.records) > 1:
        inner = (
            f"SELECT unnest(json_extract(record, '$.{spec.records[1]}[*]')) AS record,"
            f" record ->> '$.{spec.parent}' AS _parent FROM ({outer})"
        )
    hashed = "sha256(record::VARCHAR)"
    if spec.content:
        hashed, more = _content_hash(spec.content, cuts)
        values |= more
    select = (
        "SELECT $base + row_number() OVER () AS _ordinal, _key, _parent, $scope AS _scope,"
        " CASE WHEN _key IS NULL THEN 'quarantine' ELSE 'land' END AS _fate,"
        " CASE WHEN _key IS NULL THEN 'a record without its id' END AS _reason,"
        f" {hashed} AS _hash, record AS payload FROM (SELECT *, parts[1] ->> '$' AS _key"
        f" FROM (SELECT *, json_extract(record, $cuts) AS parts FROM ({inner})))"
    )
    return select, values


def _cuts(spec: Spec) -> list[str]:
    """The paths that are cut out of a record, the key's first, each once, and lists whole: DuckDB takes no wildcard
    in a list of paths, and one call per path reads the whole record each time (2,473 issues: 5.4 s, so 0.5 s)."""
    return list(dict.fromkeys([f"$.{spec.key}", *(path.split("[*]", 1)[0] for path in spec.content)]))


def _content_hash(content: Sequence[str], cuts: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """SQL for the hash over the paths' values. An absent value adds nothing, so a new path is no news."""
    values: dict[str, Any] = {}
    named = []
    for n, path in enumerate(content):
        values[f"path{n}"] = path
        cut, listed, rest = path.partition("[*]")
        found = f"parts[{cuts.index(cut) + 1}]"
        if listed:
            values[f"rest{n}"] = f"$[*]{rest}"
            found = f"json_extract({found}, $rest{n})"
        named.append(f"$path{n} || '=' || ({found})::VARCHAR")
    return f"sha256(concat_ws(chr(31), {', '.join(named)}))", values


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
