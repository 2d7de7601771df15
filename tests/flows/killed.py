"""Runs `interlock sync` and kills this process, as `kill -9` would, before or after its n-th outside effect.

Usage: python killed.py CONFIG DAY COUNT_FILE [N before|after]. Without N it only counts the effects and writes
their names. An effect is a commit of the warehouse, a file moved into place, or a request that changes Jira.
The product knows nothing of this: it is done to the libraries that it uses.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import duckdb
import httpx

CONFIG, DAY, COUNT_FILE = sys.argv[1:4]
AT = int(sys.argv[4]) if len(sys.argv) > 4 else 0
WHEN = sys.argv[5] if len(sys.argv) > 5 else ""
effects: list[str] = []


def effect(name: str, act: Any, *arguments: Any, **named: Any) -> Any:
    effects.append(name)
    here = len(effects) == AT
    if here and WHEN == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = act(*arguments, **named)
    if here and WHEN == "after":
        os.kill(os.getpid(), signal.SIGKILL)
    return result


class Connection:
    """A connection whose commits are effects; everything else is DuckDB's own."""

    def __init__(self, inner: duckdb.DuckDBPyConnection) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._inner.close()

    def commit(self) -> None:
        effect("commit", self._inner.commit)


connect, replace, send = duckdb.connect, os.replace, httpx.Client.send


def connected(*arguments: Any, **named: Any) -> Any:
    inner = connect(*arguments, **named)
    # Connectors read files with connections of their own, in memory: nothing outside.
    return Connection(inner) if str(arguments[0] if arguments else "").endswith("interlock.duckdb") else inner


def replaced(source: Any, target: Any, **named: Any) -> None:
    effect(f"file {Path(target).name.split('-')[0]}", replace, source, target, **named)


def sent(self: httpx.Client, request: httpx.Request, **named: Any) -> httpx.Response:
    if (
        request.method in ("POST", "PUT", "DELETE")
        and "/comment" in request.url.path
        and "list" not in request.url.path
    ):
        answer: httpx.Response = effect("comment", send, self, request, **named)
        return answer
    return send(self, request, **named)


duckdb.connect = connected  # type: ignore[assignment]
os.replace = replaced
httpx.Client.send = sent  # type: ignore[method-assign]

from flows import cli  # noqa: E402

sys.argv = ["interlock", "sync", "-c", CONFIG, "--today", DAY]
try:
    cli.main()
finally:
    Path(COUNT_FILE).write_text(json.dumps(effects), encoding="utf-8")
