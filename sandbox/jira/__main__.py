"""`python -m sandbox.jira --port N [--state file.json]`: a Jira to try things against.

With a state file the site is read from it at the start, if it is there, and written back at the end
(SIGINT or SIGTERM). A new site has one project, DEMO, and one account, hub@example.com with token `secret`.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from sandbox.jira.server import JiraSandbox
from sandbox.jira.site import JiraSite
from sandbox.jira.state import restore, save


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.jira", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--state", type=Path, help="a JSON file that keeps the site between runs")
    given = parser.parse_args(arguments)
    site = JiraSite(lambda: datetime.now(UTC))
    if given.state and given.state.exists():
        restore(site, given.state)
    else:
        site.add_user("Interlock", "hub@example.com")
        site.grant("hub@example.com", "secret")
        site.add_project("DEMO")
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with JiraSandbox(site, given.port) as jira:
        print(jira.url, flush=True)
        ended.wait()
    if given.state:
        save(site, given.state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
