"""Totals that a file states: told from postings, held against them, never landed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connectors.contract import Unreadable

A, B, C = "1;31.03.2026;10,00;a", "2;31.03.2026;5,50;b", "3;31.03.2026;-2,00;c"


@pytest.mark.parametrize(
    "total",
    [
        "Total;;13,50;",
        ";;13,50;Grand total",
        ";;13,50;",
        "Summe;;13,50;",
        "*;;13,50;",
        ";Gesamtsumme:;13,50;",
        ";;13,50;Total of March",
    ],
)
def test_a_total_is_dropped_and_told(exports, export, total):
    exports.write("a.csv", export(A, B, C, total))
    pulled = exports.pull()
    assert pulled.sums("a.csv") == {"land": (3, Decimal("13.5000")), "drop": (1, Decimal("13.5000"))}
    assert pulled.lines("a.csv", "_reason")[-1] == ("the total of the lines above it",)
    assert pulled.pages["a.csv"].facts["stated_total"] == "13.5000"


def test_subtotals_of_two_levels_are_dropped(exports, export):
    exports.write(
        "a.csv",
        export(
            A, B, "*;;15,50;Marketing", C, "*;;-2,00;IT", "**;;13,50;Both", A, "*;;10,00;Sales", "***;;23,50;"
        ),
    )
    pulled = exports.pull()
    assert [fate for _, fate, _, _ in pulled.lines("a.csv")] == [
        "land", "land", "drop", "land", "drop", "drop", "land", "drop", "drop",
    ]  # fmt: skip
    assert pulled.pages["a.csv"].facts["stated_total"] == "23.5000"


@pytest.mark.parametrize("total", ["Total;;13,51;", ";;13,51;", ";;13,51;Total of March"])
def test_a_file_whose_total_does_not_tie_is_held_back_and_the_others_go_on(exports, export, total):
    exports.write("a.csv", export(A, B, C, total))
    exports.write("b.csv", export(A))
    pulled = exports.pull()
    assert list(pulled.pages) == ["b.csv"]
    assert type(pulled.troubles["a.csv"]) is Unreadable
    assert str(pulled.troubles["a.csv"]) == (
        "a.csv, line 5: the file states a total of 13.51, but the 3 lines above it sum to"
        " 13.50; the difference"
        " is 0.01. Nothing of this file was taken. Export it again; if a line was taken out"
        " on purpose, correct"
        " the total"
    )


def test_a_subtotal_that_does_not_tie_holds_the_file_back_too(exports, export):
    exports.write("a.csv", export(A, "Subtotal;;99,00;", B, "Total;;15,50;"))
    assert "states a total of 99.00, but the 1 lines above it sum to 10.00" in str(
        exports.pull().troubles["a.csv"]
    )


def test_a_quarantined_line_counts_in_the_total(exports, export):
    exports.write("a.csv", export(A, "2;31.02.2026;5,50;b", "Total;;15,50;"))
    assert exports.pull().sums("a.csv") == {
        "land": (1, Decimal("10.0000")),
        "quarantine": (1, Decimal("5.5000")),
        "drop": (1, Decimal("15.5000")),
    }


def test_a_total_above_which_an_amount_cannot_be_read_is_dropped_unchecked(exports, export):
    exports.write("a.csv", export(A, "2;31.03.2026;5,50", C, "Total;;13,50;"))
    pulled = exports.pull()
    assert pulled.lines("a.csv", "_fate, _reason")[-1] == (
        "drop",
        "a total; not checked, as an amount above it cannot be read",
    )
    assert pulled.pages["a.csv"].facts["stated_total"] == "13.5000"


@pytest.mark.parametrize(
    "line",
    [
        "4;31.03.2026;10,00;Total Gas & Power",
        "4;31.03.2026;10,00;Total",
        ";31.03.2026;10,00;Total Gas & Power",
        ";31.03.2026;10,00;rent",
    ],
)
def test_a_posting_that_only_speaks_of_totals_lands(exports, export, line):
    exports.write("a.csv", export(A, line))
    assert exports.pull().sums("a.csv") == {"land": (2, Decimal("20.0000"))}


def test_a_line_that_looks_like_a_total_but_totals_nothing_counts_as_a_posting(exports, export):
    exports.write("a.csv", export(A, ";;7,00;Total refit of the lobby", B, "Total;;22,50;"))
    assert exports.pull().lines("a.csv", "_row, _fate") == [
        (2, "land"),
        (3, "quarantine"),
        (4, "land"),
        (5, "drop"),
    ]


def test_footers_without_an_amount_are_quarantined_not_lost(exports, export):
    exports.write("a.csv", export(A, "Total;;10,00;", "printed by somebody"))
    assert exports.pull().lines("a.csv", "_fate") == [("land",), ("drop",), ("quarantine",)]
