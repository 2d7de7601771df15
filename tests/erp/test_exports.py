"""What becomes of each line of an export."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pytest
from pydantic import ValidationError

from connectors.contract import Drifted, Unreadable
from connectors.erp import Options


def test_an_export_lands_line_by_line_with_what_its_columns_say(exports, export):
    exports.write(
        "march.csv", export("4711;31.03.2026;1.234,50-;Licence", '4712;01.04.2026;20,00;"Rent; March"')
    )
    pulled = exports.pull()
    (page,) = pulled.pages.values()
    columns = '"@document", "@posting_date", "@amount", "@text", "@project", _amount, _fate, _place, "Amount"'
    assert pulled.lines("march.csv", columns) == [
        (
            "4711",
            "2026-03-31",
            "-1234.5000",
            "Licence",
            None,
            Decimal("-1234.5000"),
            "land",
            "march.csv, line 2",
            "1.234,50-",
        ),
        (
            "4712",
            "2026-04-01",
            "20.0000",
            "Rent; March",
            None,
            Decimal("20.0000"),
            "land",
            "march.csv, line 3",
            "20,00",
        ),
    ]
    assert (page.stream, page.scope, page.complete, sorted(page.facts)) == (
        "posting",
        "march.csv",
        True,
        ["bytes", "sha256"],
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(exports, encoding, delimiter):
    lines = ["Doc", "Date", "Amount", "Text"], ["1", "31.03.2026", "12.50", "Müller – 10 €"]
    exports.write("a.csv", "".join(delimiter.join(line) + "\n" for line in lines), encoding)
    assert exports.pull().lines("a.csv", '"@text", _fate') == [("Müller – 10 €", "land")]


def test_a_file_put_together_from_two_encodings_reads_right(exports):
    head = "Doc;Date;Amount;Text\n1;31.03.2026;1,00;Müller\n".encode()
    exports.write("a.csv", head + "2;31.03.2026;2,00;Österreich\n".encode("cp1252"))
    assert exports.pull().lines("a.csv", '"@text"') == [("Müller",), ("Österreich",)]


def test_the_header_stands_below_a_title_block_and_is_known_whatever_its_case(exports):
    text = "Ledger export\nCompany;Meridian\n\nï»¿DOC; date ;AMOUNT;Text\n1;31.03.2026;1,00;a\n"
    exports.write("a.csv", text)
    assert exports.pull().lines("a.csv") == [(5, "land", Decimal("1.0000"), None)]


def test_quoted_line_breaks_and_quotes_inside_cells_stay_as_they_are(exports, export):
    exports.write("a.csv", export('1;31.03.2026;1,00;"two\r\nlines, 12"" wide"', '2;31.03.2026;2,00;5" pipe'))
    assert exports.pull().lines("a.csv", '_row, "@text"') == [(2, 'two\r\nlines, 12" wide'), (4, '5" pipe')]


def test_a_ragged_line_is_quarantined_with_its_number_and_its_text(exports, export):
    exports.write(
        "a.csv",
        export("1;31.03.2026;1,00;a", "2;31.03.2026;2,00", "3;31.03.2026;3,00;c;more", "4;31.03.2026;4,00;d"),
    )
    found = exports.pull().lines("a.csv", '_row, _fate, _key IS NULL, _reason, "beyond the columns"')
    assert found == [
        (2, "land", False, None, ""),
        (3, "quarantine", True, "line 3: 3 cells where the header has 4; correct it in the export", ""),
        (4, "quarantine", True, "line 4: 5 cells where the header has 4; correct it in the export", "more"),
        (5, "land", False, None, ""),
    ]


def test_a_stray_quote_costs_its_own_line_only(exports, export):
    exports.write(
        "a.csv", export('1;31.03.2026;1,00;"5" pipe', "2;31.03.2026;2,00;b", '3;31.03.2026;3,00;"c"')
    )
    assert exports.pull().lines("a.csv", "_row, _fate, Doc") == [
        (2, "quarantine", '1;31.03.2026;1,00;"5" pipe'),
        (3, "land", "2"),
        (4, "land", "3"),
    ]


def test_a_quote_that_swallows_good_lines_gives_them_back(exports, export):
    exports.write(
        "a.csv",
        export(
            '1;31.03.2026;1,00;"open', "2;31.03.2026;2,00;b", '3;31.03.2026;3,00;x";c', "4;31.03.2026;4,00;d"
        ),
    )
    assert [(row, fate) for row, fate, _, _ in exports.pull().lines("a.csv")] == [
        (2, "quarantine"),
        (3, "land"),
        (4, "quarantine"),
        (5, "land"),
    ]


def test_an_unreadable_cell_quarantines_its_line_and_keeps_its_amount(exports, export):
    exports.write(
        "a.csv", export("1;31.02.2026;1,00;a", "2;31.03.2026;many;b", "3;;3,00;c", "4;31.03.2026;;d")
    )
    assert exports.pull().lines("a.csv") == [
        (
            2,
            "quarantine",
            Decimal("1.0000"),
            'line 2 (Date): "31.02.2026" is no date; correct it in the export',
        ),
        (3, "quarantine", None, 'line 3 (Amount): "many" is no amount; correct it in the export'),
        (
            4,
            "quarantine",
            Decimal("3.0000"),
            "line 4 (Date): blank, so it belongs to no period; correct it in the export",
        ),
        (
            5,
            "quarantine",
            None,
            "line 5 (Amount): blank, so there is nothing to post; correct it in the export",
        ),
    ]


def test_a_line_without_a_date_lands_where_year_and_period_are_stated(exports):
    columns = {"posting_date": "Date", "amount": "Amount", "fiscal_year": "Year", "period": "Per"}
    exports.write("a.csv", "Date;Year;Per;Amount\n;2026;13;5,00\n31.03.2026;;;5,00\n")
    assert exports.pull(columns).lines("a.csv", '_fate, "@fiscal_year", "@period"') == [
        ("land", "2026", "13"),
        ("land", None, None),
    ]


def test_blank_lines_are_no_rows_and_repeated_headers_are_dropped(exports, export):
    exports.write(
        "a.csv", export("1;31.03.2026;1,00;a", "", ";;;", "Doc;Date;Amount;Text", "2;31.03.2026;2,00;b")
    )
    assert exports.pull().lines("a.csv") == [
        (2, "land", Decimal("1.0000"), None),
        (5, "drop", None, "the header again"),
        (6, "land", Decimal("2.0000"), None),
    ]


def test_headings_between_groups_of_lines_are_dropped(exports, export):
    exports.write(
        "a.csv", export(";;;Marketing", "1;31.03.2026;1,00;a", "Cost centre 4711;;;", ";;1,00;", "5;;;x")
    )
    assert exports.pull().lines("a.csv", "_row, _fate, _reason")[::2] == [
        (2, "drop", "a heading: one cell in the whole line"),
        (4, "drop", "a heading: one cell in the whole line"),
        (
            6,
            "quarantine",
            "line 6 (Amount): blank, so there is nothing to post; correct it in the export;"
            " line 6 (Date): blank, so it belongs to no period; correct it in the export",
        ),
    ]


def test_every_row_read_lands_is_quarantined_or_is_dropped_and_amounts_too(exports, export):
    exports.write(
        "a.csv",
        export(
            "1;31.03.2026;1,00;a",
            "2;99.03.2026;2,00;b",
            "3;31.03.2026;x;c",
            "Total;;3,00;",
            "4;31.03.2026;4,00;d",
        ),
    )
    assert exports.pull().sums("a.csv") == {
        "land": (2, Decimal("5.0000")),
        "quarantine": (2, Decimal("2.0000")),
        "drop": (1, Decimal("3.0000")),
    }


def test_a_renamed_column_is_drift_and_the_other_files_go_on(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a", header="Doc;Date;Betrag;Text"))
    exports.write("b.csv", export("1;31.03.2026;1,00;a"))
    pulled = exports.pull()
    assert list(pulled.pages) == ["b.csv"]
    assert type(pulled.troubles["a.csv"]) is Drifted
    assert str(pulled.troubles["a.csv"]).startswith(
        'a.csv: no column "Amount" (amount); in line 1, the likeliest header'
    )


def test_an_ambiguous_column_is_asked_about_with_the_setting_to_add(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1.234;a"))
    assert "add `decimal: '.'` or `decimal: ','`" in str(exports.pull().troubles["a.csv"])
    assert exports.pull(decimal=",").sums("a.csv") == {"land": (1, Decimal("1234.0000"))}


def test_nothing_there_and_nothing_ever_read_is_an_error(exports):
    with pytest.raises(Unreadable, match="no export is there"):
        exports.pull()


def test_an_empty_file_is_held_back(exports):
    exports.write("a.csv", "\ufeff\r\n")
    assert str(exports.pull().troubles["a.csv"]) == (
        "a.csv: the file is empty. Nothing of this file was taken. Export it again"
    )


def test_check_says_what_would_land_and_what_would_not(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a", "2;31.02.2026;2,00;b", "Total;;3,00;"))
    assert [(finding.level, finding.text) for finding in exports.connector().check()] == [
        (
            "ok",
            "a.csv: header in line 1; 1 lines can be read, 1 cannot, 1 are totals or headings;"
            " they sum to 1.00;"
            " its stated total ties: 3.00",
        ),
        ("warn", 'a.csv, line 3 (Date): "31.02.2026" is no date; correct it in the export'),
    ]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"layout": "datev"}, "the layout datev is not built yet"),
        ({"columns": {"document": "Doc"}}, "Field required"),
        ({"columns": {"amount": "A", "amuont": "B"}}, "Extra inputs are not permitted"),
        ({"encoding": "utf-9"}, "no encoding that is known here"),
        ({"decimal": ",", "thousands": ","}, "they must differ"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Options.model_validate({"path": "a.csv", "columns": {"amount": "A"}, **options})


def test_the_page_has_the_columns_that_the_contract_names(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a"))
    pulled = exports.pull()
    types = dict(
        duckdb.sql(f"DESCRIBE FROM '{pulled.pages['a.csv'].path}'")
        .project("column_name, column_type")
        .fetchall()
    )
    named = {f"@{name}": "VARCHAR" for name in exports.connector().streams[0].reads}
    assert types == {
        "_key": "VARCHAR", "_place": "VARCHAR", "_row": "BIGINT", "_fate": "VARCHAR", "_reason": "VARCHAR",
        "_amount": "DECIMAL(18,4)", **named,
        "Doc": "VARCHAR", "Date": "VARCHAR", "Amount": "VARCHAR", "Text": "VARCHAR",
    }  # fmt: skip
