"""Salesforce, played over HTTP on loopback with its real protocol and its real faults.

`Org` is what the org holds and what people do to it, `SalesforceSandbox` serves it, `Fault` tells what is to
go wrong.
"""

from sandbox.loopback import Exchange, Request
from sandbox.salesforce.faults import Fault
from sandbox.salesforce.org import Org
from sandbox.salesforce.server import SalesforceSandbox

__all__ = ["Exchange", "Fault", "Org", "Request", "SalesforceSandbox"]
