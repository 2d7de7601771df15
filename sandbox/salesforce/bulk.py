"""Bulk API 2.0 query jobs: made, asked after, and their results fetched page by page as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from sandbox.loopback import Reply
from sandbox.salesforce.org import Org, long_id, stamp
from sandbox.salesforce.querying import follow, prepare, run, steps
from sandbox.salesforce.replies import NO_RESOURCE, refused
from sandbox.salesforce.soql import SoqlError

if TYPE_CHECKING:
    from sandbox.salesforce.api import Held


def needs(org: Org) -> None:
    if not org.bulk:
        raise refused(400, "API_ERROR", "API does not support query")


def create(org: Org, held: Held, body: Any, user: str, version: str) -> Reply:
    needs(org)
    operation, text = (body or {}).get("operation"), (body or {}).get("query", "")
    if operation not in ("query", "queryAll"):
        raise refused(400, "INVALIDJOB", "Unsupported operation")
    try:
        query = prepare(org, text)
    except SoqlError as wrong:
        raise refused(400, wrong.code, str(wrong)) from wrong
    if query.aggregates or query.counts or query.offset:
        raise refused(400, "API_ERROR", "Aggregate Relationships not supported in Bulk Query")
    held.number += 1
    job = {
        "id": long_id(f"7505g0000{held.number:06d}"), "operation": operation, "object": query.kind,
        "createdById": user, "createdDate": stamp(org.now()), "systemModstamp": stamp(org.now()),
        "state": "UploadComplete", "concurrencyMode": "Parallel", "contentType": "CSV",
        "apiVersion": float(version[1:]), "lineEnding": "LF", "columnDelimiter": "COMMA",
    }  # fmt: skip
    held.jobs[job["id"]] = job | {"_query": text, "_polls": org.polls}
    return Reply(200, job)


def state(org: Org, held: Held, job_id: str) -> Reply:
    job = _job(held, job_id)
    job["_polls"] -= 1
    if job["state"] in ("UploadComplete", "InProgress"):
        job["state"] = "InProgress" if job["_polls"] > 0 else "JobComplete"
        job["systemModstamp"] = stamp(org.now())
    if job["state"] == "JobComplete" and "_rows" not in job:
        query = prepare(org, job["_query"])
        job["_rows"] = [each["Id"] for each in run(org, query, job["operation"] == "queryAll")]
        job |= {"jobType": "V2Query", "numberRecordsProcessed": len(job["_rows"]), "retries": 0,
                "totalProcessingTime": 10, "isPkChunkingSupported": True}  # fmt: skip
    return Reply(200, {name: value for name, value in job.items() if not name.startswith("_")})


def results(org: Org, held: Held, job_id: str, locator: str, most: int) -> Reply:
    job = _job(held, job_id)
    if job["state"] != "JobComplete":
        raise refused(400, "INVALIDJOBSTATE", "The job is not in a state that has results")
    start = int(locator.removeprefix("at-")) if locator else 0
    ids = job["_rows"][start : start + most]
    after = f"at-{start + most}" if start + most < len(job["_rows"]) else "null"
    headers = {"Sforce-Locator": after, "Sforce-NumberOfRecords": str(len(ids))}
    return Reply(200, _csv(org, job["_query"], ids), "text/csv", headers)


def _csv(org: Org, text: str, ids: list[str]) -> str:
    query = prepare(org, text)
    paths = [(item.path, steps(org, query.kind, item)) for item in query.items]
    kept = io.StringIO()
    writer = csv.writer(kept, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([path for path, _ in paths])
    for record in (org.records[query.kind][each] for each in ids if each in org.records[query.kind]):
        writer.writerow([_cell(follow(org, query.kind, record, names)) for _, names in paths])
    return kept.getvalue()


def _cell(value: Any) -> str:
    """Bulk results write moments with Z and booleans in lower case; nothing and an empty text look alike."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text.removesuffix("+0000") + "Z" if text.endswith(".000+0000") else text


def _job(held: Held, job_id: str) -> dict[str, Any]:
    if job_id not in held.jobs:
        raise refused(404, "NOT_FOUND", NO_RESOURCE)
    return held.jobs[job_id]
