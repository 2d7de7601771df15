"""The records that notes belong to: whether they can be seen, and who owns them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.contract import Drifted, Note
from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.options import Options


@dataclass(frozen=True)
class Standing:
    """A record that is there. `owner_id` is its owner where that is a user who can be given a Task."""

    owner_id: str | None


def standing(client: SalesforceClient, options: Options, notes: Sequence[Note]) -> Mapping[str, Standing]:
    """The records of these notes that Interlock's user can see, by id.

    A queue owns records but takes no Tasks, and a user who left takes none either: then the Task stays with
    Interlock's user, on the record, rather than be refused.
    """
    owners: dict[str, str | None] = {}
    for kind in sorted({note.scope for note in notes if note.scope}):
        ids = sorted({note.item_key for note in notes if note.scope == kind})
        owners |= _owners(client, kind, ids)
    wanted = sorted({owner for owner in owners.values() if owner and owner.startswith("005")})
    active = set()
    for asked in soql.chunks(wanted, 400):
        query = soql.select(("Id",), "User", f"Id IN {soql.listed(asked)}", "IsActive = true")
        active |= {str(each["Id"]) for each in client.query(query)}
    return {key: Standing(owner if owner in active else None) for key, owner in owners.items()}


def _owners(client: SalesforceClient, kind: str, ids: Sequence[str]) -> dict[str, str | None]:
    """The owner of each record that is there. Details of a master have none of their own."""
    condition = f"Id IN {soql.listed(ids)}"
    try:
        found = client.query(soql.select(("Id", "OwnerId"), kind, condition))
    except Drifted:
        found = client.query(soql.select(("Id",), kind, condition))
    return {str(each["Id"]): each.get("OwnerId") for each in found}
