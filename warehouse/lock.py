"""One writer at a time: an operating-system lock beside the warehouse, whose message names the holder."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

LOCK = ".lock"


class Held(Exception):
    """Another run holds the writer lock; the message says who, since when, and what to do."""


@contextmanager
def writer_lock(warehouse: Path, command: str, now: datetime) -> Iterator[None]:
    """Hold the writer lock of a warehouse for the block.

    The kernel gives the lock back when its holder ends, however it ends, so a crash never leaves it held.
    Raises Held at once when somebody else has it.
    """
    path = warehouse.with_name(warehouse.name + LOCK)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Held(_who(file.read(), path)) from None
        file.seek(0)
        file.truncate()
        holder = {
            "command": command,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": now.isoformat(timespec="seconds"),
        }
        json.dump(holder, file)
        file.flush()
        yield


def _who(text: str, path: Path) -> str:
    try:
        holder = json.loads(text)
        who = "`{command}` (process {pid} on {host}, since {since})".format(**holder)
    except (ValueError, KeyError):  # the holder is between taking the lock and writing its name
        who = "another run"
    return (
        f"{who} holds the writer lock {path}. Nothing was changed; "
        "wait for it to end and run this again. Reading commands work meanwhile."
    )
