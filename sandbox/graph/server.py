"""The HTTP side: connections, log and cuts are those of the Jira sandbox; the faults are Graph's."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.graph import api
from sandbox.graph.faults import Fault, Request
from sandbox.graph.replies import Reply, failed
from sandbox.graph.tenant import Tenant
from sandbox.jira.server import Exchange, JiraSandbox

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
CUTS = ("cut_after", "cut_short")


class GraphSandbox(JiraSandbox):
    """A tenant's Graph and Entra on loopback.

    ```
    with GraphSandbox(tenant) as graph:
        httpx.get(graph.url + "/v1.0/sites/contoso.sharepoint.com:/sites/Marketing", headers=...)
    ```

    `faults` holds what is to go wrong, `log` every exchange in order, those inside a batch too (`inside`).
    """

    def __init__(self, tenant: Tenant, port: int = 0, faults: Iterable[Fault] = ()) -> None:
        super().__init__(tenant, port)  # type: ignore[arg-type]  # it takes the clock and the address from it
        self.tenant = tenant
        self.lock = tenant.lock
        self.faults: list[Fault] = list(faults)  # type: ignore[assignment]
        self.inside: list[Exchange] = []

    def asked(self, pattern: str = "") -> list[str]:
        """`METHOD /path` of the requests so far whose text holds the pattern, those to Entra left out."""
        lines = [
            f"{each.method} {each.path}" for each in self.log if f"/{self.tenant.name}/" not in each.path
        ]
        return [line for line in lines if pattern in line]

    def answer(self, request: Request) -> tuple[Reply | None, Fault | None]:  # type: ignore[override]
        """The reply (None: the connection ends before it), and the fault that struck, if one did."""
        with self.lock:
            fault = next((fault for fault in self.faults if fault.strikes(request)), None)
            if fault is None or fault.kind in CUTS:
                return self._good(request), fault
            if fault.kind == "cut_before":
                return None, fault
            if fault.kind == "turn":
                if fault.act:
                    fault.act()
                return self._good(request), fault
            return self._failed(fault, request), fault

    def _good(self, request: Request) -> Reply:
        return api.answer(self.tenant, request, self._inner)

    def _inner(self, request: Request) -> Reply:
        """A request inside a batch; faults strike there too, without ending the connection."""
        reply, _ = self.answer(request)
        reply = reply or failed(500, "generalException", "General Exception While Processing")
        self.inside.append(Exchange(request.method, request.path, request.query, request.headers, request.body,
                                    reply.status, reply.encoded(), reply.content_type))  # fmt: skip
        return reply

    def _failed(self, fault: Fault, request: Request) -> Reply:  # type: ignore[override]
        if fault.kind == "expired":
            self.tenant.expire()
            return self._good(request)
        if fault.kind == "html":
            return Reply(200, PAGE, "text/html;charset=UTF-8")
        if fault.kind == "timeout_after":
            self._good(request)
        reply = failed(*FAILURES[fault.kind])
        if fault.kind == "gone":
            reply.headers["Location"] = f"{self.url}{request.path}?token=all:0:0"
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = str(fault.retry_after)
        return reply
