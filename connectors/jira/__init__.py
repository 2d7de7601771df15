"""Jira Cloud and Data Center: issues and changelog in, one comment per alert out, answers back from comments."""

from connectors.jira.connector import connect
from connectors.jira.options import Options
from connectors.jira.webhook import hear

__all__ = ["Options", "connect", "hear"]
