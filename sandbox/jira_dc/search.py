"""POST and GET /search: pages by number over what the query finds now.

Nothing is kept between pages: what is created, deleted or moved meanwhile shifts those that follow, as on the
real one. `jira.search.views.default.max` bounds a page; with `validateQuery` false a query may name issues that
are not there, which is told as a warning.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.jira import jql
from sandbox.jira.jql_terms import JqlError
from sandbox.jira.model import Issue
from sandbox.jira.replies import refused
from sandbox.loopback import Reply

if TYPE_CHECKING:
    from sandbox.jira_dc.api import Call

MEMBERS: dict[str, type] = {
    "jql": str, "startAt": int, "maxResults": int, "fields": list, "expand": list, "validateQuery": bool,
}  # fmt: skip
NUMBER = re.compile(r"\b(created|updated)\s*(?:[<>]=?|=)\s*(\d{5,})", re.IGNORECASE)
MINUTE = re.compile(
    r"""\b((?:created|updated)\s*[<>]?=?\s*)["'](\d{4}/\d\d/\d\d \d\d:\d\d)["']""", re.IGNORECASE
)
NO_ISSUE = re.compile(r"(?:A value with ID|An issue with key) '([^']+)' does not exist")


def by_body(call: Call) -> Reply:
    body = call.parsed()
    for name, value in body.items():
        if name not in MEMBERS:
            raise refused(
                400, f'Unrecognized field "{name}" (Class SearchRequestBean), not marked as ignorable'
            )
        if not isinstance(value, MEMBERS[name]):
            raise refused(400, f"Can not deserialize instance of {MEMBERS[name].__name__} out of {value!r}")
    return _page(call, body)


def by_query(call: Call) -> Reply:
    query = call.request.query
    return _page(
        call,
        {
            "jql": query.get("jql", [""])[0],
            "startAt": call.number("startAt", 0),
            "maxResults": call.number("maxResults", 50),
            "fields": query.get("fields", []),
            "expand": [part for each in query.get("expand", []) for part in each.split(",")],
            "validateQuery": query.get("validateQuery", ["true"])[0] != "false",
        },
    )


def _page(call: Call, body: dict[str, Any]) -> Reply:
    found, warnings = _found(call, body.get("jql") or "", body.get("validateQuery", True))
    start, most = body.get("startAt", 0), min(body.get("maxResults", 50), call.host.most_results)
    wanted = call.shapes.chosen(body.get("fields") or ["*navigable"])
    histories = "changelog" in (body.get("expand") or [])
    shown = [call.shapes.issue(each, wanted, histories) for each in found[start : start + most]]
    page = {"expand": "schema,names", "startAt": start, "maxResults": most, "total": len(found)}
    return Reply(200, page | {"issues": shown} | ({"warningMessages": warnings} if warnings else {}))


def _found(call: Call, query: str, validate: bool) -> tuple[list[Issue], list[str]]:
    """What the viewer may see of what matches, in order; nobody sees nothing here."""
    warnings: list[str] = []
    number = NUMBER.search(query)
    if number and not call.host.takes_numbers:
        told = f"Date value '{number[2]}' for field '{number[1]}' is invalid. Valid formats include: "
        raise refused(400, told + "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd'.")
    query = MINUTE.sub(lambda found: found[1] + _later(call, found[2]), query)
    while True:
        try:
            test, order = jql.parse(call.site, query)
            break
        except JqlError as wrong:
            missing = NO_ISSUE.search(str(wrong))
            if validate or missing is None:
                raise refused(400, str(wrong)) from wrong
            warnings.append(str(wrong))
            # `0` is nobody's id, and never asked about: it stands for what is not there.
            query = re.sub(rf"(?<![\w-]){re.escape(missing[1])}(?![\w-])", "", query, count=1)
            query = re.sub(r",\s*(?=[,)])|(?<=\()\s*,", "", query)
            if re.search(r"\(\s*\)", query):
                return [], warnings
    seen = call.site.issues.values() if call.viewer else ()
    found = [issue for issue in seen if call.site.visible(issue) and (test is None or test(issue))]
    for name, descending in reversed(order or [("key", True)]):
        found.sort(key=jql.SORTS[name], reverse=descending)
    return found, warnings


def _later(call: Call, minute: str) -> str:
    """A wall time as Java reads it (GregorianCalendar): where clocks go back and it comes twice, the second time."""
    local = datetime.strptime(minute, "%Y/%m/%d %H:%M").replace(tzinfo=call.site.zone, fold=1)
    return str(round(local.timestamp() * 1000))
