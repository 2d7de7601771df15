"""Jira Cloud: issues and changelog in, one comment per alert out, answers back from comments."""

from connectors.jira.connector import connect
from connectors.jira.options import Options

__all__ = ["Options", "connect"]
