"""Amounts, numbers, shares and days in every notation that people and ledgers use."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Drifted

same_desk = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
cents = st.decimals(Decimal("-99999999999999.9999"), Decimal("99999999999999.9999"), places=4)


def written(amount: Decimal, mark: str, thousands: str, places: int, minus: str) -> str:
    """An amount as a ledger prints it."""
    whole, _, decimals = f"{abs(amount):,.{places}f}".partition(".")
    text = whole.replace(",", thousands) + (mark + decimals if decimals else "")
    return minus.format(text) if amount < 0 else text


def test_amounts_of_a_german_ledger(read):
    cells = {
        "1.234,50": "1234.5000",
        "12,5-": "-12.5000",
        "(1.000,00)": "-1000.0000",
        "€ 5": "5.0000",
        "5,00 EUR": "5.0000",
        "-EUR 5,00": "-5.0000",
        "EUR -5,00": "-5.0000",
        "+7": "7.0000",
        "12,-": "12.0000",
        "12,00 H": "-12.0000",
        "12,00 S": "12.0000",
        "−5": "-5.0000",
        "1'234,5": "1234.5000",
        "1 234,56": "1234.5600",
        "1\u202f234": "1234.0000",
        "0": "0.0000",
        "12,50000": "12.5000",
    }
    assert read(list(cells), "amount") == [(value, None) for value in cells.values()]


def test_amounts_of_an_english_ledger(read):
    cells = {
        "$1,234.50": "1234.5000",
        "£-3": "-3.0000",
        "($2.00)": "-2.0000",
        "4.00 CR": "-4.0000",
        "4.00DR": "4.0000",
    }
    assert read(list(cells), "amount") == [(value, None) for value in cells.values()]


def test_a_column_in_which_a_mark_may_be_either_is_asked_about(read):
    with pytest.raises(Drifted) as raised:
        read(["1.234", "5.678", "12"], "amount")
    assert str(raised.value) == (
        "plan.xlsx, sheet Plan, column A (Due): every figure that could tell reads with a"
        " decimal point or with a"
        " decimal comma, such as \"1.234\" in A2. Say which it is: add `decimal: '.'` or"
        " `decimal: ','` to this"
        " source"
    )


def test_the_settings_answer_the_question(read):
    assert read(["1.234"], "amount", decimal=",") == [("1234.0000", None)]
    assert read(["1.234"], "amount", decimal=".") == [("1.2340", None)]
    assert read(["1,234"], "amount", thousands=",") == [("1234.0000", None)]


@pytest.mark.parametrize("telling", ["5.67", "0.123", "1234.567", "1,234,567"])
def test_one_telling_figure_settles_the_mark_of_its_whole_column(read, telling):
    assert read(["1.234", telling], "amount")[0] == ("1.2340", None)


def test_a_typed_number_needs_no_style_and_gives_none(read):
    assert read(["1.234", "1,5"], "amount", numbers=[0]) == [("1.2340", None), ("1.5000", None)]


def test_a_column_of_two_marks_is_asked_about(read):
    with pytest.raises(Drifted, match="Write them alike, or set `decimal`"):
        read(["1,50", "1.50"], "amount")


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("abc", "is no amount"),
        ("INV 12", "is no amount"),
        ("1.2.3", "is no amount"),
        ("--5", "is no amount"),
        ("(5", "is no amount"),
        ("12.34567", "has more than four decimals"),
        ("1234567890123456", "is larger than an amount can be (14 digits before the decimal mark)"),
    ],
)
def test_what_is_no_amount_says_so_with_its_cell(read, cell, problem):
    assert read([cell], "amount", decimal=".") == [(None, f'A2 (Due): "{cell}" {problem}; correct it')]


@same_desk
@given(
    st.lists(cents, min_size=1, max_size=6),
    st.sampled_from(
        [(".", ","), (",", "."), (".", "'"), (",", " "), (",", "\u00a0"), (".", "\u202f"), (".", "")]
    ),
    st.sampled_from(["-{}", "{}-", "({})", "− {}", "{} CR", "€ -{}", "({} EUR)"]),
)
def test_every_notation_of_an_amount_reads_back_to_the_last_digit(read, amounts, marks, minus):
    # Four decimals leave no doubt about the mark: a group of thousands has three.
    cells = [written(amount, *marks, 4, minus) for amount in amounts]
    assert read(cells, "amount") == [(f"{amount + 0:.4f}", None) for amount in amounts]


@same_desk
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=6), st.sampled_from([".", ","]))
def test_whole_amounts_read_back_where_the_mark_is_set(read, numbers, mark):
    cells = [f"{number:,}".replace(",", "." if mark == "," else ",") for number in numbers]
    assert read(cells, "amount", decimal=mark) == [(f"{number}.0000", None) for number in numbers]


@same_desk
@given(st.lists(st.decimals(-(10**9), 10**9, places=3), min_size=1, max_size=6))
def test_typed_numbers_read_back(read, numbers):
    cells = [f"{number:f}" for number in numbers]
    found = read(cells, "amount", numbers=range(len(cells)))
    assert [Decimal(value) for value, _ in found] == numbers


def test_numbers_keep_what_they_say(read):
    assert read(["1.234,5", "3", "0,50", "12,340"], "number") == [
        ("1234.5", None),
        ("3", None),
        ("0.5", None),
        ("12.34", None),
    ]


def test_whole_numbers(read):
    assert read(["2026", "03", "12.0", "1.5"], "integer") == [
        ("2026", None),
        ("3", None),
        ("12", None),
        (None, 'A5 (Due): "1.5" is no whole number; correct it'),
    ]


def test_shares_of_a_column_of_fractions(read):
    assert read(["0.4", "1", "0", "50 %", "0,25"], "share") == [
        (value, None) for value in ("0.4", "1", "0", "0.5", "0.25")
    ]


def test_shares_of_a_column_of_per_cents(read):
    found = read(["40", "100", "0", "1", "40%", "120", "0.5"], "share")
    assert [value for value, _ in found] == ["0.4", "1", "0", "0.01", "0.4", None, None]
    assert found[5][1] == 'A7 (Due): "120" is more than 100 %; correct it'
    assert "may be less than one per cent or a fraction" in found[6][1]


@same_desk
@given(st.lists(st.integers(0, 100), min_size=1, max_size=8), st.sampled_from(["{}%", "{} %", "{}\u00a0%"]))
def test_per_cents_read_back(read, per_cents, shape):
    found = read([shape.format(number) for number in per_cents], "share")
    assert [Decimal(value) * 100 for value, _ in found] == per_cents


def test_days(read):
    cells = {
        "3": "3",
        "3d": "3",
        "2w": "10",
        "16h": "2",
        "2 weeks": "10",
        "3 Tage": "3",
        "1w 2d": "7",
        "40:00": "5",
        "0:20:00": "0.041667",
        "1,5": "1.5",
        "4 Std.": "0.5",
        "2.5 PT": "2.5",
        "0": "0",
    }
    assert read(list(cells), "days") == [(value, None) for value in cells.values()]


@pytest.mark.parametrize("cell", ["3-5", "2 months", "-3", "a while", "3x", "8:75", "-1:00"])
def test_what_is_no_number_of_days_says_so(read, cell):
    assert read([cell], "days") == [(None, f'A2 (Due): "{cell}" is no number of days; correct it')]


@same_desk
@given(st.integers(0, 500), st.integers(0, 4), st.integers(0, 7))
def test_days_of_several_parts_add_up(read, weeks, days, hours):
    found = read([f"{weeks}w {days}d {hours}h"], "days")
    assert Decimal(found[0][0]) == weeks * 5 + days + Decimal(hours) / 8


def test_keys_lose_the_point_of_a_whole_number_and_nothing_else(read):
    assert [value for value, _ in read(["12.0", "007", " A-1 ", "12.50"], "key")] == [
        "12",
        "007",
        "A-1",
        "12.50",
    ]


def test_text_is_trimmed_and_placeholders_are_text(read):
    assert [value for value, _ in read(["  a  b\u00a0", "tbd", "\u200b "], "text")] == ["a  b", "tbd", None]


@pytest.mark.parametrize("reading", ["text", "key", "date", "amount", "share", "days", "integer"])
def test_an_error_value_is_no_value_whatever_is_read(read, reading):
    assert read(["#REF!"], reading) == [(None, "A2 (Due): holds the error #REF!; correct it")]
