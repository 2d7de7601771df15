"""Jira Data Center, played over HTTP on loopback: the same site model as `sandbox.jira`, its own protocol.

`DataCenterSandbox` serves a `JiraSite` over REST v2: pages by number, wiki markup, users by key and name, epics
in a field, logins that can lock themselves. `render` shows wiki markup as Jira's renderer would.
"""

from sandbox.jira_dc.bodies import wiki
from sandbox.jira_dc.rendering import render, visible
from sandbox.jira_dc.server import DataCenterSandbox

__all__ = ["DataCenterSandbox", "render", "visible", "wiki"]
