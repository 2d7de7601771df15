"""The objects of an org and their fields, and how a describe shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

SOAP = {"boolean": "xsd:boolean", "date": "xsd:date", "datetime": "xsd:dateTime", "double": "xsd:double",
        "currency": "xsd:double", "percent": "xsd:double", "int": "xsd:int", "id": "tns:ID",
        "reference": "tns:ID"}  # fmt: skip


@dataclass
class Field:
    """A field; `formula` computes it from the record when it is read, without touching the record."""

    name: str
    type: str = "string"
    length: int = 255
    formula: Callable[[Mapping[str, Any]], Any] | None = None
    external_id: bool = False
    writable: bool = True
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    picklist: tuple[str, ...] = ()

    @property
    def calculated(self) -> bool:
        return self.formula is not None


@dataclass
class SObject:
    name: str
    prefix: str
    fields: dict[str, Field] = field(default_factory=dict)

    def add(self, *fields: Field) -> SObject:
        self.fields |= {each.name: each for each in fields}
        return self


def system_fields() -> list[Field]:
    """What every record has."""
    person = {"type": "reference", "length": 18, "reference_to": ("User",), "writable": False}
    return [
        Field("Id", "id", 18, writable=False),
        Field("IsDeleted", "boolean", writable=False),
        Field("CreatedDate", "datetime", writable=False),
        Field("CreatedById", relationship="CreatedBy", **person),  # type: ignore[arg-type]
        Field("LastModifiedDate", "datetime", writable=False),
        Field("LastModifiedById", relationship="LastModifiedBy", **person),  # type: ignore[arg-type]
        Field("SystemModstamp", "datetime", writable=False),
    ]


def owner(*kinds: str) -> Field:
    return Field("OwnerId", "reference", 18, reference_to=kinds or ("User",), relationship="Owner")


def standard() -> dict[str, SObject]:
    """The objects of a new org that the sandbox knows."""
    stages = ("Prospecting", "Qualification", "Negotiation/Review", "Closed Won", "Closed Lost")
    statuses = ("Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
    made = [
        SObject("User", "005").add(
            Field("Name", writable=False), Field("Username"), Field("Email", "email", 128),
            Field("IsActive", "boolean"), Field("UserType", "picklist"),
        ),
        SObject("Account", "001").add(Field("Name"), owner()),
        SObject("Opportunity", "006").add(
            Field("Name", length=120), Field("StageName", "picklist", picklist=stages),
            Field("CloseDate", "date"), Field("Amount", "currency"), Field("Probability", "percent"),
            Field("IsClosed", "boolean", writable=False), Field("IsWon", "boolean", writable=False),
            Field("Description", "textarea", 32000), owner(),
            Field("AccountId", "reference", 18, reference_to=("Account",), relationship="Account"),
        ),
        SObject("Task", "00T").add(
            Field("Subject", "combobox"), Field("Description", "textarea", 32000),
            Field("Status", "picklist", picklist=statuses), Field("Priority", "picklist"),
            Field("IsClosed", "boolean", writable=False), Field("ActivityDate", "date"),
            owner("Group", "User"),
            Field("WhatId", "reference", 18, reference_to=("Account", "Opportunity"), relationship="What"),
        ),
        SObject("TaskStatus", "01T").add(
            Field("MasterLabel"), Field("ApiName"), Field("SortOrder", "int"), Field("IsDefault", "boolean"),
            Field("IsClosed", "boolean"),
        ),
    ]  # fmt: skip
    for each in made:
        each.add(*system_fields())
    return {each.name: each for each in made}


def describe(kind: SObject, hidden: frozenset[str], version: str, base: str) -> dict[str, Any]:
    """The describe of an object as one user sees it: fields hidden from him are not in it at all."""
    here = f"/services/data/{version}/sobjects/{kind.name}"
    on = dict.fromkeys(("createable", "deletable", "layoutable", "queryable", "replicateable", "retrieveable",
                        "searchable", "triggerable", "undeletable", "updateable"), True)  # fmt: skip
    off = dict.fromkeys(
        ("activateable", "customSetting", "deprecatedAndHidden", "feedEnabled", "mergeable"), False
    )
    return on | off | {
        "name": kind.name, "label": kind.name.removesuffix("__c").replace("_", " "),
        "labelPlural": f"{kind.name}s", "keyPrefix": kind.prefix, "custom": kind.name.endswith("__c"),
        "childRelationships": [], "recordTypeInfos": [], "listviewable": None, "lookupLayoutable": None,
        "searchLayoutable": None,
        "urls": {"sobject": here, "describe": f"{here}/describe", "rowTemplate": f"{here}/{{ID}}",
                 "uiDetailTemplate": f"{base}/{{ID}}", "uiEditTemplate": f"{base}/{{ID}}/e",
                 "uiNewRecord": f"{base}/{kind.prefix}/e"},
        "fields": [describe_field(each) for each in kind.fields.values() if each.name not in hidden],
    }  # fmt: skip


def describe_field(each: Field) -> dict[str, Any]:
    open_ = each.writable and not each.calculated
    text = each.type not in ("boolean", "date", "datetime", "double", "currency", "percent", "int")
    off = dict.fromkeys(("autoNumber", "caseSensitive", "defaultedOnCreate", "dependentPicklist",
                         "deprecatedAndHidden", "htmlFormatted", "namePointing", "restrictedPicklist",
                         "writeRequiresMasterRead"), False)  # fmt: skip
    none = dict.fromkeys(("calculatedFormula", "controllerName", "defaultValue", "defaultValueFormula",
                          "inlineHelpText", "relationshipOrder"))  # fmt: skip
    options = [{"active": True, "defaultValue": n == 0, "label": word, "validFor": None, "value": word}
               for n, word in enumerate(each.picklist)]  # fmt: skip
    return off | none | {
        "name": each.name, "label": each.name.removesuffix("__c").replace("_", " "), "type": each.type,
        "soapType": SOAP.get(each.type, "xsd:string"), "length": each.length if text else 0,
        "byteLength": each.length * 3 if text else 0, "precision": 18 if each.type == "currency" else 0,
        "scale": 2 if each.type == "currency" else 0, "digits": 0, "custom": each.name.endswith("__c"),
        "calculated": each.calculated, "calculatedFormula": "…" if each.calculated else None,
        "externalId": each.external_id, "idLookup": each.external_id or each.name in ("Id", "Name"),
        "unique": each.external_id, "nameField": each.name == "Name", "nillable": each.name != "Id",
        "createable": open_, "updateable": open_, "filterable": each.type != "textarea",
        "groupable": text and each.type != "textarea", "sortable": each.type != "textarea",
        "referenceTo": list(each.reference_to), "relationshipName": each.relationship,
        "picklistValues": options,
    }  # fmt: skip
