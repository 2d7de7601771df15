"""Trackers without a column of ids: each row gets a key once and keeps it, through all that people do to sheets."""

from __future__ import annotations

import json
import random

import pytest

from connectors.excel import locate
from connectors.excel.identity import Told, as_json, from_json, name_rows, remembered, small_edit
from rules.engine.names import ItemName

COLUMNS = {"title": "Activity", "due": "Due", "owner": "Who"}
HEADER = ["Activity", "Due", "Who"]
TITLES = ["Brief the agency", "Book the hall", "Print the flyers", "Invite the press"]


def row(title):
    return [title, "2026-03-31", "Mo"]


def keys(pulled, scope="plan.xlsx"):
    return dict(pulled.rows(scope, '"@title", _key'))


def notes(pulled, scope="plan.xlsx"):
    return list(pulled.pages["row", scope].notes)


def test_rows_get_a_key_that_says_what_they_are(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    found = keys(trackers.pull(COLUMNS))
    assert found["Brief the agency"].startswith("brief-the-agency-")
    assert len(set(found.values())) == 4


def test_alerts_know_such_keys_and_call_the_rows_by_their_titles(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    found = keys(trackers.pull(COLUMNS))
    assert [ItemName(key, title).called for title, key in found.items()] == [f"“{title}”" for title in found]


def test_the_same_workbook_gives_the_same_keys_from_nothing(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS))
    trackers.cursor = {}
    trackers.write("plan.xlsx", [HEADER, *map(row, reversed(TITLES))])
    assert keys(trackers.pull(COLUMNS)) == first


def test_rows_keep_their_key_when_rows_are_inserted_sorted_and_deleted(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS))
    trackers.write("plan.xlsx", [HEADER, row("Thank the speakers"), *map(row, reversed(TITLES[1:]))])
    pulled = trackers.pull(COLUMNS)
    second = keys(pulled)
    assert {title: second[title] for title in TITLES[1:]} == {title: first[title] for title in TITLES[1:]}
    assert second["Thank the speakers"] not in first.values()
    assert notes(pulled) == []


def test_a_small_edit_to_a_title_keeps_the_key_and_is_reported(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS))
    trackers.write("plan.xlsx", [HEADER, row("Brief the new agency"), *map(row, TITLES[1:])])
    pulled = trackers.pull(COLUMNS)
    assert keys(pulled)["Brief the new agency"] == first["Brief the agency"]
    assert notes(pulled) == [
        f'plan.xlsx, sheet Plan, row 2: "Brief the new agency" is taken for {first["Brief the agency"]}, which'
        ' was "Brief the agency"'
    ]
    trackers.write("plan.xlsx", [HEADER, row("Brief all new agencies"), *map(row, TITLES[1:])])
    trackers.pull(COLUMNS)
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES[1:])])
    trackers.pull(COLUMNS)


def test_a_row_that_was_edited_and_taken_out_has_its_key_again_when_it_is_put_back(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS))
    for lines in (["Brief the new agency", *TITLES[1:]], TITLES[1:], ["Brief the new agency", *TITLES[1:]]):
        trackers.write("plan.xlsx", [HEADER, *map(row, lines)])
        pulled = trackers.pull(COLUMNS)
    assert keys(pulled)["Brief the new agency"] == first["Brief the agency"]


def test_a_new_row_with_the_title_that_another_had_once_gets_a_key_of_its_own(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS))
    trackers.write("plan.xlsx", [HEADER, row("Brief the new agency"), *map(row, TITLES[1:])])
    trackers.pull(COLUMNS)
    trackers.write("plan.xlsx", [HEADER, row("Brief the new agency"), *map(row, TITLES)])
    found = keys(trackers.pull(COLUMNS))
    assert found["Brief the new agency"] == first["Brief the agency"]
    assert found["Brief the agency"] not in first.values()


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("Brief the agency", "Brief the agncy", True),
        ("Brief the agency", "Brief the agency (EU)", True),
        ("Brief the agency", "brief  the AGENCY", True),
        ("Roll out North region", "Roll out South region", False),
        ("Phase 1 review", "Phase 2 review", False),
        ("Frontend test", "Backend test", False),
        ("Upload the files", "Download the files", False),
        ("Internal review", "External review", False),
        ("Launch", "Review", False),
    ],
)
def test_an_edit_is_small_if_no_figure_changed_and_no_word_was_replaced_by_a_different_one(
    before, after, same
):
    assert small_edit(before, after) is same


def test_where_two_rows_could_be_the_remembered_one_neither_is_and_that_is_said(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS))
    edited = [row("Brief the new agency"), row("Brief the old agency"), *map(row, TITLES[1:])]
    trackers.write("plan.xlsx", [HEADER, *edited])
    pulled = trackers.pull(COLUMNS)
    assert first["Brief the agency"] not in keys(pulled).values()
    assert len(notes(pulled)) == 2
    assert "it is taken for a new item, though it may be brief-the-agency-" in notes(pulled)[0]


def test_a_copied_row_is_quarantined_in_both_places_and_keeps_its_key(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES), row("book the  HALL")])
    pulled = trackers.pull(COLUMNS)
    found = pulled.rows("plan.xlsx", "_row, _fate, _reason, _key")
    assert [fate for _, fate, _, _ in found] == ["land", "quarantine", "land", "land", "quarantine"]
    assert found[1][2] == (
        "its title and what it stands under are also those of plan.xlsx, sheet Plan, row 6; give each row a title"
        " of its own, or the tracker a column of ids"
    )
    assert found[1][3] == found[4][3]


def test_a_row_without_a_title_but_with_content_is_quarantined(trackers):
    trackers.write("plan.xlsx", [HEADER, row("Book the hall"), [None, "2026-03-31", "Mo"]])
    assert trackers.pull(COLUMNS).rows("plan.xlsx", "_row, _fate, _reason")[1] == (
        3, "quarantine", "A3 (Activity): blank, but the row has content; give the row a title, or clear it",
    )  # fmt: skip


def test_equal_titles_under_different_headings_are_different_items_and_move_with_a_report(trackers):
    phases = [HEADER, ["Phase 1"], row("Design"), row("Build"), ["Phase 2"], row("Design"), row("Test")]
    trackers.write("plan.xlsx", phases)
    first = [key for (key,) in trackers.pull(COLUMNS).rows("plan.xlsx", "_key") if key]
    assert len(set(first)) == 4
    trackers.write("plan.xlsx", [*phases[:2], *phases[5:], phases[4], phases[2], phases[3]])
    pulled = trackers.pull(COLUMNS)
    found = [key for (key,) in pulled.rows("plan.xlsx", "_key") if key]
    # Both Designs and what stands under them changed places: told apart by the heading, as before.
    assert found == [first[0], first[3], first[2], first[1]]
    assert len(notes(pulled)) == 2


def test_children_of_a_renamed_parent_keep_their_keys(trackers):
    columns = {**COLUMNS, "parent": "Under"}
    lines = [["Activity", "Due", "Who", "Under"]]
    for phase in ("Discovery phase", "Delivery phase"):
        lines += [[*row(phase), None], *([*row(title), phase] for title in ("Plan", "Do", "Check"))]
    trackers.write("plan.xlsx", lines)
    first = trackers.pull(columns).rows("plan.xlsx", '_key, "@parent"')
    assert [parent for _, parent in first] == [None, *[first[0][0]] * 3, None, *[first[4][0]] * 3]
    renamed = [
        [cell and cell.replace("Discovery phase", "Discovery phases") for cell in line] for line in lines
    ]
    trackers.write("plan.xlsx", renamed)
    assert trackers.pull(columns).rows("plan.xlsx", '_key, "@parent"') == first


def test_a_renamed_sheet_and_a_renamed_workbook_keep_the_keys(trackers):
    trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS, path="*.xlsx"))
    trackers.write("plan.xlsx", sheets={"Plan 2026": [HEADER, *map(row, TITLES)]})
    assert keys(trackers.pull(COLUMNS, path="*.xlsx")) == first
    (trackers.folder / "plan.xlsx").rename(trackers.folder / "marketing.xlsx")
    pulled = trackers.pull(COLUMNS, path="*.xlsx")
    assert (keys(pulled, "marketing.xlsx"), pulled.troubles) == (first, {})


def test_the_same_titles_in_two_workbooks_are_different_items(trackers):
    for name in ("a.xlsx", "b.xlsx"):
        trackers.write(name, [HEADER, *map(row, [*TITLES[:1], f"Only in {name}"])])
    pulled = trackers.pull(COLUMNS, path="*.xlsx")
    assert keys(pulled, "a.xlsx")[TITLES[0]] != keys(pulled, "b.xlsx")[TITLES[0]]


def test_the_writer_finds_a_row_again_by_its_key_after_edits(trackers):
    path = trackers.write("plan.xlsx", [HEADER, *map(row, TITLES)])
    first = keys(trackers.pull(COLUMNS))
    trackers.write(
        "plan.xlsx", [HEADER, row("Something new"), row("Brief the new agency"), *map(row, TITLES[1:])]
    )
    pulled = trackers.pull(COLUMNS)
    memory = remembered(pulled.cursor, "plan.xlsx")
    (sheet,) = locate(path, trackers.options(COLUMNS), "plan.xlsx", memory).sheets
    assert {title: sheet.rows[first[title]] for title in TITLES} == {
        "Brief the agency": 3, "Book the hall": 4, "Print the flyers": 5, "Invite the press": 6,
    }  # fmt: skip


def test_an_answer_beside_a_row_without_an_id_is_told_by_the_rows_key(trackers):
    trackers.write("plan.xlsx", [[*HEADER, "Hub answer"], [*row("Book the hall"), "ack"]])
    pulled = trackers.pull(COLUMNS)
    assert pulled.rows("plan.xlsx", '"@item_key", "@line"', "answer") == [
        (keys(pulled)["Book the hall"], "ack")
    ]


def test_the_memory_can_be_made_anew_from_the_record(trackers):
    """After edits, moves and deletions: from the last version of each row that ever landed."""
    landed: dict[str, tuple[str, bool]] = {}

    def pull(*lines, sheet="Plan"):
        trackers.write("plan.xlsx", sheets={sheet: [HEADER, *lines]})
        found = dict(trackers.pull(COLUMNS).rows("plan.xlsx", '_key, "@told_by"'))
        found.pop(None, None)
        landed.update({key: (told_by, True) for key, (told_by, _) in landed.items()})
        landed.update({key: (told_by, False) for key, told_by in found.items()})
        return set(found)

    first = pull(row("Design the page"), ["Phase two"], row("Brief the agency"), row("Print"))
    pull(row("Design the new page"), row("Brief the new agency"), row("Print"), row("Phase two"))
    pull(row("Brief the new agency"), row("Print"))
    pull(row("Brief the new agency"), row("Print"), ["Last"], row("Send"), sheet="Year")
    held = from_json({key: [*json.loads(told_by), gone] for key, (told_by, gone) in landed.items()})
    memory = name_rows("plan.xlsx", [told for told in held.values() if not told.gone], held).memory
    assert memory == remembered(trackers.cursor, "plan.xlsx")
    assert any(told.gone for told in memory.values())
    assert set(name_rows("plan.xlsx", [Told("Year", "", "Brief the new agency")], memory).keys) <= first


def test_memory_survives_the_cursor():
    memory = {"a-1": Told("Plan", "", "A"), "b-2": Told("Plan", "A", "B", gone=True)}
    assert from_json(json.loads(json.dumps(as_json(memory)))) == memory


@pytest.mark.parametrize("seed", range(8))
def test_no_edit_of_a_sheet_ever_gives_a_row_the_key_of_another(seed):
    """Rows are marked; whatever happens to them, a marked row has its own key or a new one."""
    dice = random.Random(seed)
    words = [
        "brief",
        "book",
        "print",
        "hall",
        "agency",
        "flyer",
        "north",
        "south",
        "press",
        "team",
        "plan",
        "draft",
    ]
    marked = [(number, Told("Plan", "", " ".join(dice.sample(words, 3)))) for number in range(30)]
    memory, owner = {}, {}
    for _ in range(12):
        rows = [told for _, told in marked]
        named = name_rows("plan.xlsx", rows, memory)
        often = {key for key in named.keys if named.keys.count(key) > 1}
        for (mark, _), key in zip(marked, named.keys, strict=True):
            if key not in often:
                assert owner.setdefault(key, mark) == mark
        memory = named.memory
        dice.shuffle(marked)
        gone = dice.randrange(len(marked))
        marked[gone] = (dice.randrange(10**6), Told("Plan", "", " ".join(dice.sample(words, 3)) + " anew"))
        at = dice.randrange(len(marked))
        mark, told = marked[at]
        marked[at] = (mark, Told("Plan", "", told.title + dice.choice(["s", " now", ""])))
