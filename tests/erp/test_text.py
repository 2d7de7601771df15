"""Bytes to records: every line is accounted for, however it is quoted."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Unreadable
from connectors.erp.text import decoded, records

cell = st.text(alphabet=st.sampled_from("ab\"';,| \n\r\té€"), max_size=8)


@settings(max_examples=300)
@given(
    st.lists(st.lists(cell, min_size=2, max_size=4), min_size=1, max_size=6),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_csv_writer_wrote_reads_back(rows, delimiter, line_end):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    found = list(records(file.getvalue(), delimiter, "f"))
    assert [record.cells for record in found] == rows
    assert [record.fault for record in found] == [None] * len(rows)


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from('ab";\n'), max_size=40))
def test_no_line_is_lost_whatever_the_quotes(text):
    try:
        found = list(records(text, ";", "f", fits=lambda cells: len(cells) == 2))
    except Unreadable:
        return
    ends = [*(record.line for record in found), text.removesuffix("\n").count("\n") + 2]
    assert not found or found[0].line == 1
    for record, end in zip(found, ends[1:], strict=True):
        physical = "\n".join(text.split("\n")[record.line - 1 : end - 1])
        letters = [character for character in physical if character in "ab"]
        assert [character for one in record.cells for character in one if character in "ab"] == letters


def test_a_lone_carriage_return_ends_lines_where_there_is_no_other_line_end():
    assert [record.cells for record in records("a;b\rc;d\r", ";", "f")] == [["a", "b"], ["c", "d"]]


def test_a_stated_encoding_that_does_not_fit_is_refused():
    with pytest.raises(Unreadable, match="byte 2 is not in the stated encoding utf-8"):
        decoded(b"a\xe4b", "utf-8", "f.csv")
