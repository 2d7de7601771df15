"""Microsoft Graph with Entra's token endpoint, played over HTTP on loopback: files, uploads, Excel's service.

`Tenant` is what the tenant holds and what people do in it, `GraphSandbox` serves it, `Fault` tells what is to
go wrong.
"""

from sandbox.graph.drive import Drive, Entry
from sandbox.graph.faults import Fault, Request
from sandbox.graph.server import GraphSandbox
from sandbox.graph.tenant import Tenant
from sandbox.jira.server import Exchange

__all__ = ["Drive", "Entry", "Exchange", "Fault", "GraphSandbox", "Request", "Tenant"]
