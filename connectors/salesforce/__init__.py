"""Salesforce: the configured objects in, one Task per alert out, answers back from the Tasks."""

from connectors.salesforce.connector import connect
from connectors.salesforce.options import Options

__all__ = ["Options", "connect"]
