"""Runs `interlock sync` and kills it, as `kill -9` would, before or after its n-th outside effect.

Each line of standard input is a JSON list: CONFIG, DAY, COUNT_FILE, N, before or after. Each sync runs in a fork of
this process, so that none has to import anything; its exit status is printed. With N = 0 it only counts the effects
and writes their names. An effect is a commit of the warehouse, a file moved into place, or a request that changes
Jira. The product knows nothing of this: it is done to the libraries that it uses.
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

AT, WHEN = 0, ""
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

from connectors import registry  # noqa: E402
from flows import cli, demo  # noqa: E402, F401 - the demo brings in whatever a sync needs

for kind in registry.kinds():
    registry.options_model(kind)


def sync(config: str, day: str, count_file: str, at: int, when: str) -> None:
    global AT, WHEN
    AT, WHEN = at, when
    sys.argv = ["interlock", "sync", "-c", config, "--today", day]
    try:
        cli.main()
    finally:
        Path(count_file).write_text(json.dumps(effects), encoding="utf-8")


for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.dup2(2, 1)
        status = 1
        try:
            sync(*json.loads(line))
        except SystemExit as ending:
            status = int(ending.code or 0)
        finally:
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
