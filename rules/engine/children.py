"""The child process at work: started, given jobs, listened to, and killed when it exceeds its limits."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

import duckdb

CHILD = Path(__file__).with_name("child.py")
PACKAGES = Path(duckdb.__file__).parents[1]
STARTING = 60.0  # seconds that a child may take to start; a loaded machine needs a few
GRACE = 2.0  # seconds after which a child that did not stop by itself is killed


class EngineError(Exception):
    """The rules could not be run at all; the message says on which facts, why, and what to do."""


@dataclass(frozen=True)
class Limits:
    """What a rule may take: seconds per rule, memory in MB, threads, rows returned."""

    seconds: float = 60.0
    megabytes: int = 2048
    threads: int = 2
    rows: int = 1_000_000


@dataclass(frozen=True)
class Failure:
    """A rule that gave no result: `error`, `time`, `memory`, or a `result` that breaks the contract."""

    rule: str
    kind: Literal["error", "time", "memory", "result"]
    reason: str


@dataclass
class Rows:
    """What a rule returned, as JSON values, and the seconds that it took."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)
    seconds: float = 0.0


class Children:
    """One child at a time, replaced by a fresh one when a rule breaks it. Used in a `with` block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._listener = threading.Thread()
        self._lines: queue.Queue[str] = queue.Queue()
        self._errors: IO[str] = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed in __exit__

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        self._errors.close()

    def start(self) -> None:
        """Start the child now, so that it is ready when the first job comes."""
        if self._process is None:
            self._process = self._start()

    def run(self, job: str, facts: Path, limits: Limits) -> Iterator[tuple[str, Rows | Failure]]:
        """The outcome of each of these rules, in order; it ends early, with a failure, when the child breaks.

        `job` is the line that the child reads. Raises EngineError where no rule could begin.
        """
        self._send(job)
        current, rows, finished = "", Rows(), 0
        deadline = time.monotonic() + STARTING
        while True:
            event = self._next(deadline)
            if event is None or "unusable" in event:
                if not current and finished:
                    self._stop()
                    return
                if not current:
                    reason = event["unusable"] if event else self._last_words()
                    raise EngineError(f"{facts}: rules cannot run on it ({reason}). Run detect again")
                yield current, self._broken(current, limits, deadline)
                return
            if "begin" in event:
                current, rows = event["begin"], Rows()
                deadline = time.monotonic() + limits.seconds + GRACE
            elif "columns" in event:
                rows.columns = event["columns"]
            elif "rows" in event:
                rows.rows += event["rows"]
            elif "failed" in event:
                yield current, Failure(current, event["kind"], event["reason"])
                current, finished = "", finished + 1
            elif "end" in event:
                rows.seconds = event["seconds"]
                yield current, rows
                current, finished = "", finished + 1
            elif "done" in event:
                return

    def _next(self, deadline: float) -> dict[str, Any] | None:
        """The next event, or None when the child ended or let the deadline pass."""
        try:
            line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None
        event: dict[str, Any] | None = json.loads(line) if line else None
        return event

    def _broken(self, rule: str, limits: Limits, deadline: float) -> Failure:
        late = time.monotonic() >= deadline
        words = "" if late else self._last_words()
        self._stop()
        if late:
            return Failure(rule, "time", f"it took longer than {limits.seconds:g} s and was stopped")
        if "MemoryError" in words or "bad_alloc" in words or "signal 9" in words:
            return Failure(rule, "memory", f"its process ran out of memory ({limits.megabytes} MB)")
        return Failure(rule, "error", f"its process ended: {words}")

    def _last_words(self) -> str:
        try:
            code = self._process.wait(timeout=GRACE) if self._process else None
        except subprocess.TimeoutExpired:
            return "its process does not answer"
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        ending = f"signal {-code}" if code is not None and code < 0 else f"exit status {code}"
        return f"{lines[-1]} ({ending})" if lines else ending

    def _send(self, job: str) -> None:
        self.start()
        pipe = self._process.stdin if self._process else None
        if pipe is None:
            raise EngineError("the rules' process has no input. This is a fault of Interlock: report it")
        try:
            pipe.write(job + "\n")
            pipe.flush()
        except OSError as error:
            raise EngineError(f"the rules' process ended before it began ({self._last_words()})") from error

    def _start(self) -> subprocess.Popen[str]:
        self._errors.seek(0)
        self._errors.truncate()
        self._lines = queue.Queue()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(CHILD), str(PACKAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={},
            cwd="/",
            text=True,
            encoding="utf-8",
        )
        self._listener = threading.Thread(target=_listen, args=(process.stdout, self._lines), daemon=True)
        self._listener.start()
        return process

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process = None


def _listen(pipe: IO[str] | None, lines: queue.Queue[str]) -> None:
    """Hand over the child's lines, and '' when it has ended."""
    for line in pipe or ():
        lines.put(line)
    lines.put("")
