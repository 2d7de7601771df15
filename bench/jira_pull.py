"""Issues over HTTP from the Jira sandbox to landed in the record, beside the bound and a peer.

    python bench/jira_pull.py --issues 100000

The bound fetches the same pages with the same HTTP library and `json.loads` each, and does nothing with them. The
peer, dlt, pulls them into DuckDB (`jira_peer.py`) by the interpreter that `--peer-python` names, of an environment
with `dlt[duckdb]` and httpx in it; it is left out, and said so, where there is none. The pages are the sandbox's own
replies, made once and kept as files; a process of its own serves them, so that neither side waits for the sandbox to
think. Prints medians, ratios to the bound, and the greatest memory of a pull in a process of its own. Where
others use the machine too, the seconds of processors tell more than those of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from connectors.jira.reading import ORDER, READ
from flows.context import Run, SystemClock
from flows.pull import pull
from flows.settings import load
from sandbox.jira import JiraSite
from sandbox.jira.api import answer
from sandbox.jira.faults import Request
from sandbox.jira.search import Tokens
from warehouse.database import open_database

AUTH = ("hub@x.example", "secret")
SEARCH = "/rest/api/3/search/jql"
DESCRIPTION = "What is to be done, by whom, and what it waits for. " * 40


# --- the pages ---------------------------------------------------------------------------------------------


def furnish(issues: int) -> JiraSite:
    """A site whose issues have what real ones have: links, versions, labels, people, a changelog of some entries."""
    moment = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal moment
        moment += timedelta(seconds=1)
        return moment

    site = JiraSite(clock)
    site.add_user("Interlock", AUTH[0])
    site.grant(*AUTH)
    people = [f"Person {number}" for number in range(50)]
    for number, name in enumerate(people):
        site.add_user(name, f"person{number}@x.example")
    for number in range(10):
        site.add_project(f"P{number}")
        site.add_version(f"P{number}", f"R{number}", "2026-06-30")
    made = []
    for number in range(issues):
        project = f"P{number % 10}"
        fields = {
            "duedate": f"2026-{1 + number % 12:02d}-15", "assignee": people[number % 50], "labels": ["platform", "q3"],
            "fixVersions": [f"R{number % 10}"], "timeoriginalestimate": 28_800 * (1 + number % 9),
            "description": DESCRIPTION,
        }  # fmt: skip
        issue = site.create_issue(
            project, f"Build part {number} of it", by=people[number % 50], fields=fields
        )
        made.append(issue)
        for week in range(number % 4):
            site.set_fields(
                issue.key, {"duedate": f"2026-{1 + number % 12:02d}-{16 + week}"}, by=people[week]
            )
        if number % 3 == 0:
            site.transition(issue.key, "In Progress", by=people[number % 50])
        if number >= 10 and number % 5 == 0:
            site.link("Blocks", made[number - 7].key, issue.key, by=people[number % 50])
    return site


def record(site: JiraSite, body: dict[str, Any], folder: Path) -> None:
    """Every page of a search, as the sandbox answers it."""
    folder.mkdir()
    tokens, token, number = Tokens(), None, 0
    while True:
        asked = dict(body) | ({"nextPageToken": token} if token else {})
        headers = dict(httpx.Request("POST", "http://x", json=asked).headers)
        headers |= dict(httpx.BasicAuth(*AUTH).auth_flow(httpx.Request("GET", "http://x")).__next__().headers)
        raw_body = json.dumps(asked).encode()
        reply = answer(site, Request("POST", SEARCH, {}, headers, raw_body, asked), tokens)
        if reply.status != 200:
            raise SystemExit(f"the sandbox answered {reply.status}: {reply.body}")
        token = reply.body.pop("nextPageToken", None)
        if token:
            reply.body["nextPageToken"] = f"{number + 1:06d}"
        (folder / f"{number:06d}.json").write_bytes(reply.encoded())
        number += 1
        if token is None:
            return


class Replay(BaseHTTPRequestHandler):
    """Serves recorded pages by token, the census apart from the issues."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    folder: Path

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind = "census" if body.get("fields") == ["id"] else "issues"
        self._send((self.folder / kind / f"{body.get('nextPageToken', '000000')}.json").read_bytes())

    def do_GET(self) -> None:
        told = (
            {"accountId": "712020:hub", "displayName": "Interlock"} if self.path.endswith("/myself") else []
        )
        self._send(json.dumps(told).encode())

    def _send(self, body: bytes) -> None:
        self.wfile.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            + body
        )

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The recorded pages on loopback, by a process of its own."""
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "--serve", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def serve(folder: Path) -> None:
    Replay.folder = folder
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    print(server.server_port, flush=True)
    server.serve_forever()


# --- what is compared --------------------------------------------------------------------------------------


def bound(url: str) -> int:
    """Fetch every page and parse it."""
    seen = 0
    with httpx.Client(auth=AUTH, trust_env=False) as client:
        for fields in (list(READ), ["id"]):
            token = None
            while True:
                body = {"fields": fields} | ({"nextPageToken": token} if token else {})
                page = json.loads(client.post(url + SEARCH, json=body).content)
                seen += len(page["issues"])
                token = page.get("nextPageToken")
                if token is None:
                    break
    return seen


def ours(url: str) -> int:
    """Pull and land by the program's own stage, as a first sync does."""
    with tempfile.TemporaryDirectory() as folder:
        source = {"kind": "jira", "department": "it", "url": url}
        source |= {"auth": {"email": AUTH[0], "token": AUTH[1]}}
        asked = {"company": "Bench", "departments": {"it": {"name": "IT", "lead": AUTH[0]}}}
        file = Path(folder) / "interlock.yaml"
        file.write_text(json.dumps(asked | {"sources": {"jira": source}}), encoding="utf-8")
        settings = load(file, {})
        with open_database(settings.warehouse) as db:
            run = Run(settings, db, SystemClock(), ())
            run.scratch.mkdir()
            pull(run)
        if run.report.failed:
            raise SystemExit(f"the pull failed: {run.report.failed}")
        return run.report.landed


# --- measuring ---------------------------------------------------------------------------------------------


def timed(works: Sequence[Callable[[str], int]], url: str, rounds: int) -> list[tuple[float, float]]:
    """Seconds by the clock and of this process's processors: each work's medians. They take turns, so that whatever
    else the machine does meanwhile is done to all of them."""
    times: list[list[tuple[float, float]]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            began, used = time.perf_counter(), time.process_time()
            work(url)
            taken.append((time.perf_counter() - began, time.process_time() - used))
    return [
        (statistics.median(clock for clock, _ in taken), statistics.median(used for _, used in taken))
        for taken in times
    ]


def memory(url: str) -> float:
    """MB at most of a process that pulls and lands."""
    told = subprocess.run(
        [sys.executable, __file__, "--once", url], capture_output=True, text=True, check=True
    )
    return float(told.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--issues", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--pages", type=Path, help="where the pages are kept; made there if they are not there"
    )
    parser.add_argument(
        "--peer-python", default=sys.executable, help="of an environment that has dlt[duckdb]"
    )
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--once", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        return serve(asked.serve)
    if asked.once:
        ours(asked.once)
        # Of this program alone: `ru_maxrss` begins with what the process that started it held.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return print(int(status.split("VmHWM:")[1].split()[0]) / 1024)
    folder = asked.pages or Path(tempfile.mkdtemp())
    try:
        if not (folder / "census").exists():
            record_all(folder, asked.issues)
        compare(folder, asked.issues, asked.rounds, asked.peer_python)
    finally:
        if not asked.pages:
            shutil.rmtree(folder)
    return None


def record_all(folder: Path, issues: int) -> None:
    """The pages of the issues and of the census of such a site."""
    folder.mkdir(parents=True, exist_ok=True)
    site = furnish(issues)
    body = {
        "jql": f"project is not EMPTY {ORDER}",
        "fields": list(READ),
        "expand": "changelog",
        "maxResults": 100,
    }
    record(site, body, folder / "issues")
    record(site, body | {"fields": ["id"], "expand": "", "maxResults": 5000}, folder / "census")


def compare(folder: Path, issues: int, rounds: int, peer_python: str) -> None:
    size = sum(page.stat().st_size for page in (folder / "issues").iterdir())
    with served(folder) as url:
        (floor, least), (taken, used) = timed([bound, ours], url, rounds)
        print(f"{issues:,} issues, {size / 1e6:,.0f} MB, medians of {rounds}")
        print(f"{'fetched and json.loads-ed':<40} {floor:8.2f} s   processors {least:6.2f} s")
        print(
            f"{'pulled and landed':<40} {taken:8.2f} s   processors {used:6.2f} s   ratio {taken / floor:.2f}"
            f" (processors {used / least:.2f})"
        )
        told = subprocess.run(
            [peer_python, str(Path(__file__).with_name("jira_peer.py")), url, *READ],
            capture_output=True, text=True, env={"PATH": os.environ["PATH"]},
        )  # fmt: skip
        if told.returncode == 0:
            peer, most = map(float, told.stdout.split())
            print(
                f"{'dlt into DuckDB, as JSON (one round)':<40} {peer:8.2f} s   ratio {peer / floor:.2f}, {most:.0f} MB"
            )
        else:
            print(f"dlt is left out: {(told.stderr.strip() or 'no answer').splitlines()[-1]}")
        print(f"{'greatest memory of a pull':<40} {memory(url):8.0f} MB")


if __name__ == "__main__":
    main()
