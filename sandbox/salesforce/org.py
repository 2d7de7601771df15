"""A Salesforce org and what people do to it: each act stamps the record as Salesforce does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.salesforce.schema import Field, SObject, describe_field, owner, standard, system_fields

__all__ = ["Field", "Org", "describe_field", "long_id", "stamp"]

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
Record = dict[str, Any]


def long_id(short: str) -> str:
    """The 18-character form: three characters tell which of the 15 are capitals, five for each."""
    chunks = (short[n : n + 5] for n in (0, 5, 10))
    return short + "".join(
        CHECK[sum(1 << place for place, letter in enumerate(chunk) if "A" <= letter <= "Z")]
        for chunk in chunks
    )


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


class Org:
    """An org with users, deals and tasks. `clock` dates every act; `by` names who does it, by e-mail address.

    `api_limit` and `api_used` are its calls of the day; `batch` is the most records that a page of a query
    holds whatever was asked for; `bulk` says whether it has Bulk API 2.0; `polls` how often a job is asked
    for before it is complete.
    """

    def __init__(self, clock: Callable[[], datetime], api_limit: int = 15_000) -> None:
        self.clock = clock
        self.api_limit, self.api_used = api_limit, 0
        self.batch, self.bulk, self.polls = 2000, True, 1
        self.lock = threading.RLock()
        self.base_url = "https://sandbox.my.salesforce.com"
        self.objects = standard()
        self.records: dict[str, dict[str, Record]] = {name: {} for name in self.objects}
        self.hidden_fields: dict[str, set[str]] = {}
        self.hidden_objects: set[str] = set()
        self.hidden_records: set[str] = set()
        self.read_only: set[str] = set()
        self.clients: dict[str, tuple[str, str]] = {}
        self.keys: dict[tuple[str, str], bytes] = {}
        self.sessions: dict[str, str] = {}
        self.validation: Callable[[str, Record], str | None] = lambda kind, record: None
        self._number = 0
        for position, word in enumerate(self.objects["Task"].fields["Status"].picklist):
            self.create("TaskStatus", {"MasterLabel": word, "ApiName": word, "SortOrder": position + 1,
                                       "IsDefault": position == 0, "IsClosed": word == "Completed"})  # fmt: skip

    def now(self) -> datetime:
        return self.clock()

    # --- setting up ----------------------------------------------------------------------------------------

    def add_object(self, name: str, prefix: str, *fields: Field) -> SObject:
        made = SObject(name, prefix).add(Field("Name"), owner("Group", "User"), *system_fields(), *fields)
        self.objects[name], self.records[name] = made, {}
        return made

    def add_field(self, kind: str, *fields: Field) -> None:
        self.objects[kind].add(*fields)

    def add_user(self, name: str, email: str, type: str = "Standard", active: bool = True) -> Record:
        return self.create("User", {"Name": name, "Email": email, "Username": email, "IsActive": active,
                                    "UserType": type})  # fmt: skip

    def grant(self, email: str, client_id: str, client_secret: str) -> None:
        """A connected app with client credentials, running as this user."""
        self.clients[client_id] = (client_secret, self.user(email)["Id"])

    def trust(self, email: str, client_id: str, public_key: bytes) -> None:
        """A connected app that takes this user's JWTs, signed with the key to this certificate (PEM)."""
        self.keys[client_id, email] = public_key

    def user(self, email: str) -> Record:
        return next(each for each in self.records["User"].values() if each["Email"] == email)

    # --- acts ----------------------------------------------------------------------------------------------

    def create(self, kind: str, fields: Mapping[str, Any], by: str = "") -> Record:
        now, who = stamp(self.now()), self._who(by)
        self._number += 1
        record: Record = dict.fromkeys(
            name for name, each in self.objects[kind].fields.items() if not each.formula
        )
        record |= {"Id": self._new_id(kind), "IsDeleted": False, "CreatedDate": now, "CreatedById": who,
                   "LastModifiedDate": now, "LastModifiedById": who, "SystemModstamp": now}  # fmt: skip
        if "OwnerId" in record:
            record["OwnerId"] = who
        if kind == "Task":
            record |= {"Status": "Not Started", "Priority": "Normal", "IsClosed": False}
        record |= self._known(kind, fields)
        self._derive(kind, record)
        self.records[kind][record["Id"]] = record
        return record

    def update(self, record_id: str, fields: Mapping[str, Any], by: str = "") -> Record:
        kind, record = self.find(record_id)
        record |= self._known(kind, fields)
        self._derive(kind, record)
        self._touch(record, by)
        return record

    def delete(self, record_id: str, by: str = "") -> None:
        """Into the recycle bin, where `queryAll` still finds it."""
        record = self.find(record_id)[1]
        record["IsDeleted"] = True
        self._touch(record, by)

    def undelete(self, record_id: str, by: str = "") -> None:
        record = self.find(record_id)[1]
        record["IsDeleted"] = False
        self._touch(record, by)

    def purge(self, record_id: str) -> None:
        """Out of the recycle bin: nothing tells any more that it ever was."""
        kind, record = self.find(record_id)
        del self.records[kind][record["Id"]]

    def hide_field(self, kind: str, name: str) -> None:
        """Field-level security takes the field away: for the API it is as if it had never been."""
        self.hidden_fields.setdefault(kind, set()).add(name)

    def expire_sessions(self) -> None:
        self.sessions.clear()

    # --- looking -------------------------------------------------------------------------------------------

    def find(self, record_id: str) -> tuple[str, Record]:
        """The record and its object, by either form of its id. Raises KeyError."""
        wanted = long_id(record_id) if len(record_id) == 15 else record_id
        for kind, records in self.records.items():
            if wanted in records:
                return kind, records[wanted]
        raise KeyError(record_id)

    def fields(self, kind: str) -> dict[str, Field]:
        """The fields that the caller may see, by their names in lower case."""
        hidden = self.hidden_fields.get(kind, set())
        return {name.lower(): each for name, each in self.objects[kind].fields.items() if name not in hidden}

    def visible(self, kind: str, with_deleted: bool = False) -> list[Record]:
        return [
            each for each in self.records[kind].values()
            if each["Id"] not in self.hidden_records and (with_deleted or not each["IsDeleted"])
        ]  # fmt: skip

    def value(self, kind: str, record: Record, name: str) -> Any:
        formula = self.objects[kind].fields[name].formula
        return formula(record) if formula else record.get(name)

    def tasks(self, with_deleted: bool = False) -> list[Record]:
        return self.visible("Task", with_deleted)

    def _who(self, by: str) -> str:
        if not self.records.get("User"):
            return long_id("005000000000000")
        return self.user(by)["Id"] if by else next(iter(self.records["User"]))

    def _touch(self, record: Record, by: str) -> None:
        now = stamp(self.now())
        record |= {"LastModifiedDate": now, "SystemModstamp": now, "LastModifiedById": self._who(by)}

    def _known(self, kind: str, fields: Mapping[str, Any]) -> Record:
        unknown = set(fields) - set(self.objects[kind].fields)
        if unknown:
            raise KeyError(f"{kind} has no {', '.join(sorted(unknown))}")
        return dict(fields)

    def _derive(self, kind: str, record: Record) -> None:
        if kind == "Opportunity":
            stage = record["StageName"] or ""
            record |= {"IsClosed": stage.startswith("Closed"), "IsWon": stage == "Closed Won"}
        if kind == "Task":
            record["IsClosed"] = record["Status"] == "Completed"

    def _new_id(self, kind: str) -> str:
        number, tail = self._number, ""
        while number:
            number, digit = divmod(number, len(DIGITS))
            tail = DIGITS[digit] + tail
        return long_id(f"{self.objects[kind].prefix}5g00000{tail.rjust(5, '0')}")
