"""An org on loopback, and how Salesforce's own failures look."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.loopback import Exchange, LoopbackServer, Reply, Request
from sandbox.salesforce import api
from sandbox.salesforce.faults import Fault
from sandbox.salesforce.org import Org
from sandbox.salesforce.replies import NO_RESOURCE, failed, session_over

MAINTENANCE = "<!DOCTYPE html><html><head><title>Down for maintenance</title></head><body></body></html>"


class SalesforceSandbox(LoopbackServer[Fault]):
    """An org on loopback.

    ```
    with SalesforceSandbox(org) as salesforce:
        httpx.post(salesforce.url + "/services/oauth2/token", data={"grant_type": "client_credentials", ...})
    ```

    The lock is the org's own.
    """

    def __init__(self, org: Org, port: int = 0, faults: Iterable[Fault] = ()) -> None:
        super().__init__(org, port, faults, org.lock)
        self.org = org
        self.held = api.Held()

    def line(self, exchange: Exchange) -> str:
        """`METHOD /path`, with the query of a SOQL request."""
        return " ".join([super().line(exchange), *exchange.query.get("q", [])])

    def handle(self, request: Request) -> Reply:
        return api.answer(self.org, request, self.held)

    def gone_wrong(self, fault: Fault, request: Request) -> Reply:
        if fault.kind == "expired":
            self.org.expire_sessions()
            return session_over()
        if fault.kind == "proxy":
            self.handle(request)
            return Reply(503, MAINTENANCE, "text/html;charset=UTF-8")
        if fault.kind == "html":
            return Reply(200, MAINTENANCE, "text/html;charset=UTF-8")
        if fault.kind == "locked":
            told = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record",
                    "fields": []}  # fmt: skip
            return Reply(200, [{"success": False, "errors": [told]} for _ in request.body["records"]])
        return failed(*{
            "rate_limited": (429, "TOO_MANY_REQUESTS", "Too many requests"),
            "unavailable": (503, "SERVER_UNAVAILABLE", "Server Unavailable"),
            "error": (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId"),
            "over_limit": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            "forbidden": (403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id"),
            "missing": (404, "NOT_FOUND", NO_RESOURCE),
            "lost_locator": (400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        }[fault.kind])  # fmt: skip
