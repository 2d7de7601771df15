"""Runs SOQL against an org, and shows what it finds as the REST API does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sandbox.salesforce.org import Org
from sandbox.salesforce.soql import Item, Query, SoqlError, parse

NO_OBJECT = (
    "sObject type '{0}' is not supported. If you are attempting to use a custom object, be sure to append the"
    " '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
)
NO_FIELD = (
    "No such column '{0}' on entity '{1}'. If you are attempting to use a custom field, be sure to append the"
    " '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate"
    " names."
)
NO_RELATION = "Didn't understand relationship '{0}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names."  # noqa: E501
Record = dict[str, Any]


def kind_named(org: Org, name: str) -> str | None:
    """The object of this name, whatever its case; None where there is none for this caller."""
    return next(
        (kind for kind in org.objects if kind.lower() == name.lower() and kind not in org.hidden_objects),
        None,
    )


def prepare(org: Org, text: str) -> Query:
    """Parse a query and hold it to what the caller may see. Raises SoqlError."""
    query = parse(text)
    kind = kind_named(org, query.kind)
    if kind is None:
        raise SoqlError(text, query.kind_place, NO_OBJECT.format(query.kind), "INVALID_TYPE")
    query.kind = kind
    for item in [*query.items, *query.paths]:
        steps(org, kind, item, text)
    return query


def steps(org: Org, kind: str, item: Item, text: str = "") -> list[str]:
    """The field names along a path in their own case, the last being the value's. Raises SoqlError."""
    found = []
    *relations, last = item.path.split(".")
    for relation in relations:
        link = next(
            (
                each
                for each in org.fields(kind).values()
                if (each.relationship or "").lower() == relation.lower()
            ),
            None,
        )
        if link is None:
            raise SoqlError(text, item.place, NO_RELATION.format(relation), "INVALID_FIELD")
        found.append(link.name)
        kind = next((name for name in link.reference_to if name in org.objects and name != "Group"), "User")
    field = org.fields(kind).get(last.lower())
    if field is None:
        raise SoqlError(text, item.place, NO_FIELD.format(last, kind), "INVALID_FIELD")
    return [*found, field.name]


def run(org: Org, query: Query, with_deleted: bool) -> list[Record]:
    """The records that a query finds, in its order."""
    of = _reader(org, query.kind)
    found = [
        record for record in org.visible(query.kind, with_deleted)
        if query.test is None or query.test(of(record))
    ]  # fmt: skip
    for path, down in reversed(query.orders):
        # Without a value comes first, as in Salesforce.
        keyed = [(of(record)(path), record) for record in found]
        keyed.sort(
            key=lambda pair: (pair[0] is not None, pair[0] if pair[0] is not None else ""), reverse=down
        )
        found = [record for _, record in keyed]
    found = found[query.offset :]
    return found if query.limit is None else found[: query.limit]


def _reader(org: Org, kind: str) -> Callable[[Record], Callable[[str], Any]]:
    known: dict[str, list[str]] = {}

    def of(record: Record) -> Callable[[str], Any]:
        def value(path: str) -> Any:
            if path not in known:
                known[path] = steps(org, kind, Item(path, 0))
            return follow(org, kind, record, known[path])

        return value

    return of


def follow(org: Org, kind: str, record: Record, names: Sequence[str]) -> Any:
    for name in names[:-1]:
        try:
            kind, record = org.find(record.get(name) or "")
        except KeyError:
            return None
    return org.value(kind, record, names[-1])


def shown(org: Org, query: Query, records: Sequence[Record], version: str) -> list[Record]:
    """Records as a page of a query shows them: `attributes`, then what was selected, relations nested."""
    if query.aggregates:
        return [_aggregate(org, query, records)]
    paths = [steps(org, query.kind, item, query.text) for item in query.items]
    return [_one(org, query.kind, record, paths, version) for record in records]


def _one(org: Org, kind: str, record: Record, paths: Sequence[Sequence[str]], version: str) -> Record:
    told: Record = {"attributes": attributes(kind, record["Id"], version)}
    for names in paths:
        if len(names) == 1:
            told[names[0]] = org.value(kind, record, names[0])
            continue
        relation = org.objects[kind].fields[names[0]].relationship or ""
        try:
            there, other = org.find(record.get(names[0]) or "")
        except KeyError:
            told[relation] = None
            continue
        told[relation] = (told.get(relation) or {}) | _one(org, there, other, [names[1:]], version)
    return told


def _aggregate(org: Org, query: Query, records: Sequence[Record]) -> Record:
    told: Record = {"attributes": {"type": "AggregateResult"}}
    of = _reader(org, query.kind)
    for item in query.items:
        values = [value for record in records if (value := of(record)(item.path)) is not None]
        told[item.name] = len(values) if item.function == "count" else _extreme(item.function, values)
    return told


def _extreme(function: str, values: Sequence[Any]) -> Any:
    if not values:
        return None
    return max(values) if function == "max" else min(values)


def attributes(kind: str, record_id: str, version: str) -> Record:
    return {"type": kind, "url": f"/services/data/{version}/sobjects/{kind}/{record_id}"}
