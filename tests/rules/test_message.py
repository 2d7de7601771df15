"""Findings in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rules.engine.discover import Rule
from rules.engine.message import Address, Answering, addresses, word
from rules.engine.names import ItemName, Names, read_names
from rules.engine.run import Finding
from rules.engine.template import FILTERS, TemplateError, day, listed, parse, render, render_whole

SEES = frozenset({"public", "department"})
FINANCE = SEES | {"finance"}
NAMES = Names(
    items={
        "jira:A": ItemName(
            "PLAT-42", "Access [beta] {x}", "https://jira.example/PLAT-42", "department", "jira"
        ),
        "jira:S": ItemName("SEC-1", "Breach", "https://jira.example/SEC-1", "restricted"),
    },
    departments={"it": "IT"},
    people={"mo@x.example": "Mo"},
    currency="GBP",
)


def said(text: str, may_see: frozenset[str] = FINANCE, **row: Any) -> str | None:
    return render(parse(text), row, NAMES, may_see)


@pytest.mark.parametrize(
    ("text", "row", "words"),
    [
        ("{x|date}", {"x": "2026-03-02"}, "Mon 2 March 2026"),
        ("{x|iso}", {"x": "2026-03-02"}, "2026-03-02"),
        ("{x|days}", {"x": 1}, "1 working day"),
        ("{x|days}", {"x": -14}, "14 working days"),
        ("{x|calendar}", {"x": 2}, "2 days"),
        ("{x|count posting}", {"x": 12000}, "12,000 postings"),
        ("{x|count entry/entries}", {"x": [1, 2]}, "2 entries"),
        ("{x|money}", {"x": "1250000.0000"}, "GBP 1,250,000"),
        ("{x|money}", {"x": "-0.5"}, "GBP -0.50"),
        ("{x|item}", {"x": "jira:A"}, "PLAT-42 “Access [beta] {x}”"),
        ("{x|item}", {"x": "jira:S"}, "jira:S"),
        ("{x|item}", {"x": "plan:unknown"}, "plan:unknown"),
        ("{x|item source}", {"x": "jira:A"}, "PLAT-42 “Access [beta] {x}” (jira)"),
        ("{x|key}", {"x": ["jira:A", "jira:S"]}, "PLAT-42 and SEC-1"),
        ("{x|department}", {"x": ["it", "sales"]}, "IT and sales"),
        ("{x|person}", {"x": "mo@x.example"}, "Mo"),
        ("{x}", {"x": "{y}", "y": "never read"}, "{y}"),
        ("a[, {x|date}].", {"x": None}, "a."),
        ("a[, {x|date}].", {"x": "2026-03-02"}, "a, Mon 2 March 2026."),
        ("{x} is late", {"x": None}, None),
        ("{x} is late", {"x": []}, None),
    ],
)
def test_a_template_reads_as_people_write(text: str, row: dict[str, Any], words: str | None) -> None:
    assert said(text, **row) == words


def test_every_filter_has_an_example_above() -> None:
    marks = test_a_template_reads_as_people_write.pytestmark  # type: ignore[attr-defined]
    used = " ".join(example[0] for mark in marks for example in mark.args[1])
    assert [name for name in FILTERS if name and f"|{name}" not in used] == []


def test_an_amount_is_left_out_where_it_may_not_be_seen() -> None:
    assert said("late[; {x|money} at stake].", SEES, x="5") == "late."
    assert said("{x|money} at stake", SEES, x="5") is None
    assert render_whole(parse("{x|money} at stake"), {"x": "5"}, NAMES, SEES) == "(not shown here) at stake"


def test_a_sentence_that_must_stand_says_what_is_not_known() -> None:
    assert render_whole(parse("{x|date} and {y}"), {"y": "b"}, NAMES, SEES) == "(not known) and b"


@pytest.mark.parametrize(
    "text", ["{x", "x}", "[x", "x]", "[[{x}]]", "{x|}", "{X}", "{x!r}", "{x.y}", "{}", "[x]"]
)
def test_a_template_is_nothing_but_columns_and_filters(text: str) -> None:
    with pytest.raises(TemplateError):
        parse(text)


def test_lists_end_in_and_and_long_ones_in_a_number() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed([str(n) for n in range(8)]) == "0, 1, 2, 3, 4 and 3 more"
    assert day(date(2026, 12, 31)) == "Thu 31 December 2026"


MESSAGES = {
    "provider": {
        "item": "provider",
        "anchor": "initiative_id",
        "department": "home",
        "headline": "{provider|item} is late.",
        "why": [
            "Because.",
            "{missing}",
            {"link": "chain"},
            {"fact": "Cost", "value": "{cost|money}"},
            {"facts": "claims"},
        ],
        "ask": "When?",
        "answers": [
            {"say": "commit by {due|iso}", "means": "to promise it"},
            {"say": "accept until {missing|iso}", "means": "never shown"},
            {"say": "dispute", "means": "if not"},
        ],
    },
    "digest": {"headline": "x", "why": [], "ask": "?", "answers": []},
}
ROW: dict[str, Any] = {
    "provider": "jira:A", "initiative_id": "CDP", "home": ["it", "sales"], "missing": None, "cost": "5.0",
    "chain": ["jira:A", "jira:S"], "due": "2026-03-02",
    "claims": [{"item": "jira:A", "value": "2026-03-02"}, {"item": "jira:S", "value": None}],
}  # fmt: skip


def finding(**changes: Any) -> Finding:
    row = {**ROW, **changes}
    return Finding("an-item", ("x",), "x", None, None, "CDP", None, None, None, ("jira:A",), row)


@pytest.fixture
def rule(make_rule: Callable[..., Rule]) -> Rule:
    return make_rule("SELECT 1", messages=MESSAGES)


def test_a_message_says_what_then_why_then_what_is_asked_and_how_to_answer(rule: Rule) -> None:
    message = word(
        rule, finding(), "provider", NAMES, code="K7Q2", decide_by=date(2026, 3, 9),
        reply="understood as ack", may_see=FINANCE,
    )  # fmt: skip
    assert message == {
        "headline": "PLAT-42 “Access [beta] {x}” is late.",
        "why": [
            {"text": "Because."},
            {"label": "PLAT-42 “Access [beta] {x}”", "url": "https://jira.example/PLAT-42"},
            {"label": "jira:S", "url": ""},
            {"name": "Cost", "value": "GBP 5"},
            {"name": "PLAT-42 “Access [beta] {x}” (jira)", "value": "Mon 2 March 2026"},
        ],
        "ask": "When? Please answer by Mon 9 March 2026.",
        "how": "Answer in a comment whose first line is one of these: “interlock: commit K7Q2 by 2026-03-02” "
        "to promise it; “interlock: dispute K7Q2” if not.",
        "reply": "understood as ack",
    }


def test_a_trackers_reader_is_pointed_to_the_cell(rule: Rule) -> None:
    message = word(rule, finding(), "provider", NAMES, code="K7Q2", answering=Answering("cell", "Hub answer"))
    assert message["how"] == (
        "Answer in the cell “Hub answer” of this row with one of these: “commit by 2026-03-02” "
        "to promise it; “dispute” if not."
    )
    assert message["ask"] == "When?"
    assert {"name": "Cost", "value": "GBP 5"} not in message["why"]


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({}, [Address("provider", item_id="jira:A")]),
        ({"provider": ["jira:A", "jira:S"]}, [Address("provider", "jira:A"), Address("provider", "jira:S")]),
        ({"provider": None}, [Address("provider", "", "CDP", "it"), Address("provider", "", "CDP", "sales")]),
        ({"provider": None, "initiative_id": None, "home": "it"}, [Address("provider", "", "", "it")]),
        ({"provider": None, "home": None}, []),
    ],
    ids=["item", "items", "anchor in each department", "department alone", "not concerned"],
)
def test_a_message_goes_to_the_item_else_to_the_initiatives_anchor(
    changes: dict[str, Any], places: list[Address], rule: Rule
) -> None:
    assert addresses(rule, finding(**changes)) == [*places, Address("digest")]


@pytest.mark.parametrize(
    ("key", "called"),
    [
        ("PLAT-42", "PLAT-42 “Access”"),
        ("cdp-123456", "cdp-123456 “Access”"),
        ("0065g00000ABCDEFGH", "“Access”"),
        ("access-8c091c", "“Access”"),
    ],
)
def test_a_thing_whose_key_nobody_gave_is_called_by_its_title(key: str, called: str) -> None:
    assert ItemName(key, "Access").called == called


def test_names_are_read_from_the_documented_views(facts: Path) -> None:
    names = read_names(duckdb.connect(str(facts), read_only=True), ["jira:A", "plan:B", "nowhere:1"], "GBP")
    assert names.item("jira:A", SEES) == "A “Access”"
    assert names.item("plan:B", SEES) == "plan:B"
    assert names.currency == "GBP"
    assert set(names.items) == {"jira:A", "plan:B"}
