"""What of an object is read: the configured fields, held to what the org's describe shows of them.

A describe leaves out what field-level security hides. So a configured field that it does not show is named
as drift: selecting around it would turn every value into an empty one, and the plan would believe that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors.contract import Drifted, Retry, SourceError, Stream, Trouble
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import Forbidden, NotThere
from connectors.salesforce.options import Options
from connectors.salesforce.session import NotSignedIn

ALWAYS = ("Id", "IsDeleted", "SystemModstamp", "CreatedDate")
IF_THERE = ("OwnerId", "IsClosed", "IsWon")
PEOPLE = ("Id", "Name", "Email", "Username", "IsActive", "UserType", "SystemModstamp")
PERSON = Stream(
    name="User",
    shape="json",
    records=("records",),
    key="Id",
    content=("$.Email", "$.IsActive", "$.Name", "$.UserType", "$.Username"),
)


@dataclass(frozen=True)
class Plan:
    """How one object is read. `fields` maps hub names to JSON paths, `types` selected paths to their types."""

    kind: str
    where: str
    fields: Mapping[str, str]
    types: Mapping[str, str]
    formulas: Mapping[str, str]

    @property
    def select(self) -> tuple[str, ...]:
        return tuple(self.types)

    @property
    def stream(self) -> Stream:
        """What counts as news of a record.

        Outside: SystemModstamp and CreatedDate, which no person states. And formula fields: their value moves
        without the record being stamped (with the day, or with a setting), so whether a pull sees it is
        chance; it would be news of some records and not of others, and of every record whenever all are read
        anew. Roll-up summaries are stamped when they change, and paths through a relationship hold what
        somebody stated of the other record: both count, where they are seen.
        """
        outside = {"Id", "SystemModstamp", "CreatedDate", *self.formulas.values()}
        paths = sorted(f"$.{path}" for path in self.types if path not in outside)
        return Stream(name=self.kind, shape="json", records=("records",), key="Id", content=tuple(paths))


class Describes:
    """The describes of an org, each asked for once."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._known: dict[str, dict[str, Any]] = {}

    def of(self, kind: str) -> dict[str, Any]:
        """Raises Drifted for an object that is not there, or not for us."""
        if kind not in self._known:
            try:
                self._known[kind] = self._client.get(f"/sobjects/{kind}/describe")
            except (NotThere, Forbidden) as error:
                raise Drifted(
                    f"objects.{kind}",
                    f"the org shows no object of this name ({error.problem})",
                    "Give Interlock's permission set read access to it, or correct the name",
                ) from error
        return self._known[kind]

    def field(self, kind: str, path: str, hub: str) -> tuple[str, dict[str, Any]]:
        """The path in the org's own case, and the describe of its last field. Raises Drifted."""
        *relations, last = path.split(".")
        here, steps, kinds = kind, [], [kind]
        for relation in relations:
            link = self._one(kinds, "relationshipName", relation)
            if link is None:
                raise self._missing(here, relation, hub, path)
            kinds = [name for name in link["referenceTo"] if name != "Group"] or link["referenceTo"]
            here = "/".join(kinds)
            steps.append(str(link["relationshipName"]))
        found = self._one(kinds, "name", last)
        if found is None:
            raise self._missing(here, last, hub, path)
        return ".".join([*steps, str(found["name"])]), found

    def _one(self, kinds: list[str], by: str, name: str) -> dict[str, Any] | None:
        for kind in kinds:
            for field in self.of(kind)["fields"]:
                if str(field.get(by) or "").lower() == name.lower():
                    return dict(field)
        return None

    @staticmethod
    def _missing(kind: str, name: str, hub: str, path: str) -> Drifted:
        return Drifted(
            f"objects.{kind}.{hub}",
            f"the org shows no field {name} of {kind}" + (f" (in {path})" if path != name else ""),
            "It was renamed, deleted, or hidden by field-level security: give Interlock's permission set read"
            " access to it, or name the right field. Until then nothing new is read of this object",
        )


def plan(describes: Describes, options: Options, kind: str) -> Plan:
    """How to read one configured object. Raises Drifted."""
    described = describes.of(kind)
    name = str(described["name"])
    shown = {str(field["name"]): field for field in described["fields"]}
    types = {each: str(shown[each]["type"]) for each in (*ALWAYS, *IF_THERE) if each in shown}
    fields: dict[str, str] = {}
    formulas: dict[str, str] = {}
    wanted = {str(hub): path for hub, path in options.objects[kind].items()}
    if "Name" in shown:
        wanted = {"title": "Name"} | wanted
    for hub, path in wanted.items():
        own_path, field = describes.field(name, path, hub)
        types[own_path] = str(field["type"])
        fields[hub] = f"$.{own_path}"
        # A roll-up summary says `calculated` too, but has no formula and is stamped when it changes.
        if field.get("calculated") and field.get("calculatedFormula") is not None:
            formulas[hub] = own_path
    conditions = [options.where.get(kind, "")]
    if name == "Task":
        conditions.append(f"{options.marker_field} = null")  # our own flags are no work of anybody
    where = " AND ".join(f"({each})" for each in conditions if each)
    return Plan(name, where, fields, types, formulas)


def plans(client: SalesforceClient, options: Options) -> tuple[list[Plan], list[Trouble]]:
    """A plan for each object that can be read, and what stands in the way of the others."""
    describes, found, troubles = Describes(client), [], []
    for kind in options.objects:
        try:
            found.append(plan(describes, options, kind))
        except (NotSignedIn, Retry):
            raise
        except SourceError as error:
            troubles.append(Trouble(kind, error))
    return found, troubles


def unplanned(options: Options) -> tuple[Stream, ...]:
    """The streams as far as the configuration tells them, before any describe."""
    return tuple(
        Stream(
            name=kind, shape="json", records=("records",), key="Id",
            content=tuple(sorted({"$.IsDeleted", *(f"$.{path}" for path in fields.values())})),
        )
        for kind, fields in options.objects.items()
    )  # fmt: skip
