"""Texts of a site that Data Center keeps: wiki markup, as it was written."""

from __future__ import annotations

from typing import Any

from sandbox.jira.adf import plain
from sandbox.jira.model import Adf

KIND = "wiki"


def wiki(markup: str) -> Adf:
    """Markup in the place where the site model keeps documents: `site.comment(key, wiki("*bold*"), by=…)`."""
    return {"type": KIND, "text": markup}


def markup(body: Any) -> str | None:
    """The markup of a kept text; a document that the model made of plain text gives that text."""
    if body is None or isinstance(body, str):
        return body
    return str(body["text"]) if body.get("type") == KIND else plain(body)
