"""Data Center's users: a `key` that never changes, and a `name` that one logs in with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.jira.model import User
from sandbox.jira.site import JiraSite

FIRST_KEY = 10100


@dataclass
class People:
    """Who the site's accounts are here. `renamed` holds names that were changed: account id to name.

    `zone` is what profiles call the site's time zone, where that is no name that others know.
    """

    site: JiraSite
    zone: str = ""
    renamed: dict[str, str] = field(default_factory=dict)
    printed: int = 0xA77C196
    """How many objects Java has printed."""
    _numbers: dict[str, int] = field(default_factory=dict)

    def key(self, user: User) -> str:
        if user.account_id not in self._numbers:
            self._numbers = {account: number for number, account in enumerate(self.site.users, FIRST_KEY)}
        return f"JIRAUSER{self._numbers[user.account_id]}"

    def name(self, user: User) -> str:
        first = user.email.partition("@")[0] or user.display_name.lower().replace(" ", ".")
        return self.renamed.get(user.account_id, first)

    def named(self, name: str) -> User | None:
        return next((user for user in self.site.users.values() if self.name(user) == name), None)

    def with_token(self, token: str) -> User | None:
        emails: Mapping[str, str] = self.site.tokens
        return next((self.site.user(email) for email, kept in emails.items() if kept == token), None)
