"""The same pages by dlt into DuckDB, each issue's members kept as JSON, as we do (`max_table_nesting=0`; by default
dlt makes a table of each list, which takes it many times as long). Run by `jira_pull.py`, in an environment of its own.

Prints the seconds that it took, the import apart, and the greatest memory in MB.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt
import httpx

AUTH = ("hub@x.example", "secret")


def main(url: str, fields: list[str]) -> None:
    @dlt.resource(name="issue", primary_key="id", write_disposition="merge", max_table_nesting=0)
    def issues() -> Iterator[Any]:
        with httpx.Client(auth=AUTH, trust_env=False) as client:
            token = None
            while True:
                body = {"fields": fields} | ({"nextPageToken": token} if token else {})
                page = json.loads(client.post(url + "/rest/api/3/search/jql", json=body).content)
                yield page["issues"]
                token = page.get("nextPageToken")
                if token is None:
                    return

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        destination = dlt.destinations.duckdb(str(Path(folder) / "dlt.duckdb"))
        pipeline = dlt.pipeline("bench", destination=destination, pipelines_dir=folder, dataset_name="jira")
        pipeline.run(issues())
        taken = time.perf_counter() - began
    print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
