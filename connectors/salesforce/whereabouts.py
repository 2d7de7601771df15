"""Why records are missing from a census."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient

IDS = 400
"""Most ids of one query: with quotes and commas escaped they stay below the 16,384 bytes of an address."""
LEFT = "not visible: left the `where` of this object"
UNKNOWN = (
    "not visible: gone from the recycle bin too, or permission lost, which Salesforce does not tell apart"
)


def tell(client: SalesforceClient, kind: str, ids: Sequence[str]) -> Mapping[str, str]:
    """A reason per id: `deleted` where the recycle bin proves it, else `not visible: …`.

    A break must not close because somebody lost a permission: what cannot be told is not called deleted.
    """
    reasons = dict.fromkeys(ids, UNKNOWN)
    for asked in soql.chunks(list(ids), IDS):
        found = client.query(
            soql.select(("Id", "IsDeleted"), kind, f"Id IN {soql.listed(asked)}"), with_deleted=True
        )
        for record in found:
            if record["Id"] in reasons:
                reasons[record["Id"]] = "deleted" if record["IsDeleted"] else LEFT
    return reasons
