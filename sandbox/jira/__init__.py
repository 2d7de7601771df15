"""Jira Cloud, played over HTTP on loopback with its real protocol and its real faults.

`JiraSite` is what the site holds and what people do to it, `JiraSandbox` serves it, `Fault` tells what is to
go wrong, `load` brings in raw issues from a dump.
"""

from sandbox.jira.adf import document, plain
from sandbox.jira.faults import Fault
from sandbox.jira.loading import load
from sandbox.jira.server import JiraSandbox
from sandbox.jira.site import JiraSite
from sandbox.loopback import Exchange, Request

__all__ = ["Exchange", "Fault", "JiraSandbox", "JiraSite", "Request", "document", "load", "plain"]
