"""Dates in every notation that people use, read by the style of their column."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from connectors.contract import Drifted

ENGLISH = [
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
]  # fmt: skip
GERMAN = [
    "Januar", "Februar", "März", "April", "Mai", "Juni",
    "Juli", "August", "September", "Oktober", "November", "Dezember",
]  # fmt: skip

same_desk = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
days = st.dates(date(1969, 1, 1), date(2068, 12, 31))


def test_notations_that_leave_no_choice(read):
    cells = {
        "2026-03-04": "2026-03-04",
        "2026-3-4": "2026-03-04",
        "2026/03/04": "2026-03-04",
        "20260304": "2026-03-04",
        "3 Mar 2026": "2026-03-03",
        "3-Mar-26": "2026-03-03",
        "March 3rd, 2026": "2026-03-03",
        "3. März 2026": "2026-03-03",
        "3. Mrz. 2026": "2026-03-03",
        "Di, 3. Dezember 2026": "2026-12-03",
        "2026-Mar-03": "2026-03-03",
    }
    assert read(list(cells), "date") == [(value, None) for value in cells.values()]


def test_a_time_of_day_and_a_weekday_are_dropped(read):
    cells = [
        "2026-03-04T10:00:00.000+0100",
        "2026-03-04 23:59",
        "31.03.2026 10:30 Uhr",
        "31/03/2026 10:30 AM",
        "Tue 31 Mar 2026",
    ]
    found = [value for value, _ in read(cells, "date")]
    assert found == ["2026-03-04", "2026-03-04", "2026-03-31", "2026-03-31", "2026-03-31"]


def test_serial_numbers_count_from_1900_or_from_1904(read):
    assert read(["46085", "46085.75"], "date") == [("2026-03-04", None)] * 2
    assert read(["44623"], "date", since_1904=True) == [("2026-03-04", None)]


def test_placeholders_count_as_blank(read):
    cells = ["tbc", "TBD", "n/a", "-", "?", "offen", "unbekannt", "00.00.0000", " ", None]
    assert read(cells, "date") == [(None, None)] * len(cells)


def test_one_telling_date_settles_the_order_of_its_whole_column(read):
    assert read(["03/04/2026", "13/04/2026"], "date") == [("2026-04-03", None), ("2026-04-13", None)]
    assert read(["03/04/2026", "04/13/2026"], "date") == [("2026-03-04", None), ("2026-04-13", None)]


def test_a_column_that_reads_both_ways_is_asked_about(read):
    with pytest.raises(Drifted) as raised:
        read(["03/04/2026", "tbc", "05/06/2026"], "date")
    assert str(raised.value) == (
        "plan.xlsx, sheet Plan, column A (Due): every date that could tell reads with the day"
        " or with the month"
        ' first, such as "03/04/2026" in A2. Say which it is: add `date_order: dmy` or'
        " `date_order: mdy` to this"
        " source"
    )


def test_the_setting_answers_the_question(read):
    assert read(["03/04/2026"], "date", date_order="dmy") == [("2026-04-03", None)]
    assert read(["03/04/2026"], "date", date_order="mdy") == [("2026-03-04", None)]


def test_a_date_that_is_the_same_both_ways_needs_no_answer(read):
    assert read(["04/04/2026"], "date") == [("2026-04-04", None)]


def test_a_column_of_two_styles_is_asked_about_unless_one_is_a_rare_slip(read):
    with pytest.raises(Drifted, match=re.escape('the day first ("13/04/2026" in A2)')):
        read(["13/04/2026", "04/13/2026"], "date")
    with pytest.raises(Drifted):
        read(["13/04/2026"] * 19 + ["04/13/2026"], "date")
    found = read(["13/04/2026"] * 20 + ["04/13/2026"], "date")
    assert found[-1] == (None, 'A22 (Due): "04/13/2026" is no date; correct it')


def test_years_of_two_digits_first_are_asked_about(read):
    with pytest.raises(Drifted, match="date_order: ymd"):
        read(["26-03-04", "26-11-30"], "date")
    assert read(["26-03-04"], "date", date_order="ymd") == [("2026-03-04", None)]
    assert read(["13/04/26", "20/05/26"], "date") == [("2026-04-13", None), ("2026-05-20", None)]


@pytest.mark.parametrize("cell", ["31.02.2026", "Q1 2026", "March 2026", "2026", "12345678", "soon", "7"])
def test_what_is_no_date_says_so_with_its_cell(read, cell):
    assert read([cell], "date") == [(None, f'A2 (Due): "{cell}" is no date; correct it')]


@same_desk
@given(st.lists(days, min_size=1, max_size=8), st.sampled_from([".", "/", "-"]), st.booleans())
def test_a_column_of_figures_reads_back_or_is_asked_about(read, some, mark, day_first):
    cells = [
        f"{d.day:02}{mark}{d.month:02}{mark}{d.year}"
        if day_first
        else f"{d.month:02}{mark}{d.day:02}{mark}{d.year}"
        for d in some
    ]
    if all(d.day <= 12 for d in some) and any(d.day != d.month for d in some):
        with pytest.raises(Drifted):
            read(cells, "date")
    else:
        assert read(cells, "date") == [(d.isoformat(), None) for d in some]


@same_desk
@given(st.lists(days, min_size=1, max_size=8), st.sampled_from(["dmy", "mdy", "ymd"]), st.booleans())
def test_the_set_order_reads_back_every_date(read, some, order, short):
    parts = [
        {"d": f"{d.day}", "m": f"{d.month}", "y": f"{d.year % 100:02}" if short else f"{d.year}"}
        for d in some
    ]
    cells = ["/".join(part[letter] for letter in order) for part in parts]
    assert read(cells, "date", date_order=order) == [(d.isoformat(), None) for d in some]


@same_desk
@given(st.lists(days, min_size=1, max_size=8), st.sampled_from([ENGLISH, GERMAN]), st.integers(0, 3))
def test_names_of_months_read_back(read, some, names, shape):
    shapes = ["{d}. {m} {y}", "{d}-{s}-{y}", "{m} {d}, {y}", "{d} {s} {y}"]
    cells = [
        shapes[shape].format(d=d.day, m=names[d.month - 1], s=names[d.month - 1][:3], y=d.year) for d in some
    ]
    assume(all("Mär" not in cell or "März" in cell for cell in cells))  # nobody writes so
    assert read(cells, "date") == [(d.isoformat(), None) for d in some]


@same_desk
@given(st.lists(st.dates(date(1930, 1, 1), date(2170, 1, 1)), min_size=1, max_size=8), st.booleans())
def test_serial_numbers_read_back(read, some, since_1904):
    zero = date(1904, 1, 1) if since_1904 else date(1899, 12, 30)
    some = [day for day in some if day - zero >= timedelta(days=10_000)]
    cells = [str((day - zero).days) for day in some]
    assert read(cells, "date", since_1904=since_1904) == [(day.isoformat(), None) for day in some]
