"""A tenant on loopback, and how Graph's own failures look."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.graph import api
from sandbox.graph.faults import Fault, Request
from sandbox.graph.replies import Reply, failed
from sandbox.graph.tenant import Tenant
from sandbox.loopback import Exchange, LoopbackServer

PAGE = "<!DOCTYPE html><html><head><title>Proxy</title></head><body></body></html>"
FAILURES = {
    "throttled": (429, "activityLimitReached", "The request has been throttled"),
    "unavailable": (503, "serviceNotAvailable", "The service is not available. Try the request again."),
    "error": (500, "generalException", "General Exception While Processing"),
    "timeout_before": (504, "gatewayTimeout", "The server did not receive a timely response."),
    "timeout_after": (504, "gatewayTimeout", "The server did not receive a timely response."),
    "forbidden": (403, "accessDenied", "Access denied"),
    "missing": (404, "itemNotFound", "The resource could not be found."),
    "conflict": (409, "conflict", "The current state conflicts with what the request expects."),
    "gone": (410, "resyncRequired", "Resync required."),
    "lapsed": (410, "resyncRequired", "Resync required."),
    "changed": (412, "resourceModified", "ETag does not match current item's value"),
    "locked": (423, "resourceLocked", "The resource you are attempting to access is locked"),
}


class GraphSandbox(LoopbackServer[Fault]):
    """A tenant's Graph and Entra on loopback.

    ```
    with GraphSandbox(tenant) as graph:
        httpx.get(graph.url + "/v1.0/sites/contoso.sharepoint.com:/sites/Marketing", headers=...)
    ```

    `faults` holds what is to go wrong, `log` every exchange in order, those inside a batch too (`inside`).
    """

    def __init__(self, tenant: Tenant, port: int = 0, faults: Iterable[Fault] = ()) -> None:
        super().__init__(tenant, port, faults, tenant.lock)
        self.tenant = tenant
        self.inside: list[Exchange] = []

    def asked(self, pattern: str = "") -> list[str]:
        """`METHOD /path` of the requests so far whose text holds the pattern, those to Entra left out."""
        return [line for line in super().asked(pattern) if f"/{self.tenant.name}/" not in line]

    def handle(self, request: Request) -> Reply:
        return api.answer(self.tenant, request, self._inner)

    def _inner(self, request: Request) -> Reply:
        """A request inside a batch; faults strike there too, without ending the connection."""
        reply, _ = self.answer(request)
        reply = reply or failed(500, "generalException", "General Exception While Processing")
        self.inside.append(Exchange(request.method, request.path, request.query, request.headers, request.body,
                                    reply.status, reply.encoded(), reply.content_type))  # fmt: skip
        return reply

    def gone_wrong(self, fault: Fault, request: Request) -> Reply:
        if fault.kind == "expired":
            self.tenant.expire()
            return self.handle(request)
        if fault.kind == "html":
            return Reply(200, PAGE, "text/html;charset=UTF-8")
        if fault.kind == "timeout_after":
            self.handle(request)
        reply = failed(*FAILURES[fault.kind])
        if fault.kind == "gone":
            reply.headers["Location"] = f"{self.url}{request.path}?token=all:0:0"
        return reply
