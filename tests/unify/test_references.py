"""The grammar of references: what people write, read one way only."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unify.references import NOTHING, Reference, canonical_url, parse


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("PLAT-42", [("key", "PLAT-42", "FS", 0)]),
        ("PLAT-42 SS+3d", [("key", "PLAT-42", "SS", 3)]),
        ("M-12 FF-2d", [("key", "M-12", "FF", -2)]),
        ("M-12 ff − 2w", [("key", "M-12", "FF", -10)]),
        ("jira-it:PLAT-42", [("key", "jira-it:PLAT-42", "FS", 0)]),
        ("PLAT-42; M-12, M-13\nM-14", [("key", k, "FS", 0) for k in ("PLAT-42", "M-12", "M-13", "M-14")]),
        ("PLAT-42\r\n\r\n;", [("key", "PLAT-42", "FS", 0)]),
        ('"Ship, then sail; slowly" SF', [("title", "Ship, then sail; slowly", "SF", 0)]),
        ("“Open access”; M-1", [("title", "Open access", "FS", 0), ("key", "M-1", "FS", 0)]),
        (
            "https://m.example/browse/PLAT-42?focus=1 SS",
            [("url", "https://m.example/browse/PLAT-42", "SS", 0)],
        ),
        ("PLAT-42, PLAT-42", [("key", "PLAT-42", "FS", 0)]),
        ("FS", [("key", "FS", "FS", 0)]),
        ("2fs; 12SS+3d", [("key", "2", "FS", 0), ("key", "12", "SS", 3)]),
        ("  ", []),
        ("-; n/a; TBC", []),
    ],
)
def test_reads_what_people_write(written: str, read: list[tuple[str, str, str, int]]) -> None:
    assert [(r.form, r.target, r.type, r.lag_days) for r in parse(written)] == read


def test_a_board_address_is_its_issue() -> None:
    board = "https://M.example/jira/software/projects/PLAT/boards/1?selectedIssue=PLAT-42"
    assert canonical_url(board) == "https://m.example/browse/PLAT-42"


KEYS = st.from_regex(r"[A-Z]{1,5}-[0-9]{1,5}", fullmatch=True)
TITLES = st.text(
    st.characters(categories=("L", "N", "P", "Zs"), exclude_characters='"“”„«»'), min_size=1
).map(str.strip)
REFERENCES = st.builds(
    lambda quoted, key, title, kind, lag: (
        "title" if quoted else "key", title if quoted else key, kind, lag
    ),
    st.booleans(), KEYS, TITLES.filter(bool), st.sampled_from(["FS", "SS", "FF", "SF"]), st.integers(-400, 400),
)  # fmt: skip


@given(st.lists(REFERENCES, min_size=1, max_size=6, unique=True), st.sampled_from(["; ", ",", "\n", " ;\n "]))
def test_every_list_of_references_reads_back(wanted: list[tuple[str, str, str, int]], separator: str) -> None:
    written = separator.join(
        f"{f'{chr(34)}{target}{chr(34)}' if form == 'title' else target} {kind}{lag:+d}d"
        for form, target, kind, lag in wanted
    )
    assert [(r.form, r.target, r.type, r.lag_days) for r in parse(written)] == wanted


@given(st.text())
def test_nothing_that_is_written_is_dropped_or_breaks(written: str) -> None:
    found = parse(written)
    assert all(isinstance(reference, Reference) and reference.text for reference in found)
    parts = [part.strip() for part in re.split("[;,\r\n]", written)]
    if any(part and part.lower() not in NOTHING for part in parts):
        assert found
