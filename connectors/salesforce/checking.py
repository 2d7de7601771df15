"""`interlock check` of a Salesforce source: tries what a pull and a push need, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from connectors import _clocks
from connectors.contract import Clock, Finding, Retry, SourceError
from connectors.salesforce import schema, soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.options import Options
from connectors.salesforce.session import NotSignedIn

MARKER_LENGTH = 24


def check(client: SalesforceClient, options: Options, clock: Clock) -> Iterator[Finding]:
    """Findings in the order in which a pull would meet them."""
    try:
        yield from _clock(client, clock)
        yield _version(client, options)
        yield _who(client)
        yield _quota(client, options)
    except SourceError as error:
        yield Finding("fail", str(error))
        return
    describes = schema.Describes(client)
    for kind in options.objects:
        try:
            yield from _object(client, options, describes, kind)
        except (NotSignedIn, Retry) as error:
            yield Finding("fail", str(error))
            return
        except SourceError as error:
            yield Finding("fail", str(error))
    for part in (_marker, _bulk):
        try:
            yield from part(client, options)
        except SourceError as error:
            yield Finding("warn", f"could not be checked: {error}")


def _clock(client: SalesforceClient, clock: Clock) -> Iterator[Finding]:
    date = client.server_date()
    yield Finding("ok", f"{client.site} can be reached")
    yield from _clocks.off("Salesforce's", date, clock)


def _version(client: SalesforceClient, options: Options) -> Finding:
    known = client.versions()
    if options.api_version in known:
        return Finding("ok", f"the org has API version {options.api_version}")
    return Finding("fail", f"the org has no API version {options.api_version}; it has {', '.join(known)}")


def _who(client: SalesforceClient) -> Finding:
    found = client.query(soql.select(("Name", "Username"), "User", f"Id = {soql.text(client.user_id)}"))
    name = f"{found[0]['Name']} ({found[0]['Username']})" if found else client.user_id
    return Finding("ok", f"signed in as {name}")


def _quota(client: SalesforceClient, options: Options) -> Finding:
    told = client.get("/limits")["DailyApiRequests"]
    most, left = int(told["Max"]), int(told["Remaining"])
    floor = round(most * options.quota_floor)
    words = f"{left:,} of {most:,} API calls of the day are left, {floor:,} of them for the company"
    return Finding("ok" if left > floor else "fail", words)


def _object(
    client: SalesforceClient, options: Options, describes: schema.Describes, kind: str
) -> Iterator[Finding]:
    plan = schema.plan(describes, options, kind)
    count = client.get("/query", {"q": soql.select(("COUNT()",), plan.kind, plan.where)})["totalSize"]
    records = "1 record" if count == 1 else f"{count:,} records"
    found = f"objects.{kind}: {records}, and all {len(options.objects[kind])} fields are there"
    yield Finding("ok" if count else "warn", found)
    for hub, path in plan.formulas.items():
        yield Finding(
            "warn",
            f"objects.{kind}.{hub}: {path} is a formula: when its value alone changes, nobody is told, until the"
            " record itself changes. Map the field that people fill in, if there is one",
        )
    for hub, path in plan.fields.items():
        if "." in path.removeprefix("$.") and not path.startswith("$.Owner."):
            yield Finding(
                "warn",
                f"objects.{kind}.{hub}: {path.removeprefix('$.')} stands in another record: its change is seen when"
                " this one changes",
            )


def _marker(client: SalesforceClient, options: Options) -> Iterator[Finding]:
    name = options.marker_field
    shown = {field["name"].lower(): field for field in schema.Describes(client).of("Task")["fields"]}
    field = shown.get(name.lower())
    advice = f"make {name} on Activity: text of 40, external id, unique; and let Interlock's user edit it"
    if field is None:
        yield Finding("warn", f"Task has no field {name}, so that no flag can be written: {advice}")
    elif not field["externalId"]:
        yield Finding("warn", f"Task.{name} is no external id, so that no flag can be written: {advice}")
    elif not (field["createable"] and field["updateable"]) or field["length"] < MARKER_LENGTH:
        yield Finding("warn", f"Task.{name} cannot be filled by Interlock's user: {advice}")
    else:
        yield Finding("ok", f"flags can be written as Tasks, known by {name}")


def _bulk(client: SalesforceClient, options: Options) -> Iterator[Finding]:
    try:
        client.get("/jobs/query", {"jobType": "V2Query"})
        yield Finding("ok", f"Bulk API 2.0 reads more than {options.bulk_above:,} records at once")
    except (NotSignedIn, Retry):
        raise
    except SourceError as error:
        yield Finding("warn", f"no Bulk API 2.0, large objects are read page by page: {error.problem}")
