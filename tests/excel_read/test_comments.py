"""Threaded comments and the notes that Excel keeps beside them, as evidence of a row ([MS-XLSX] 2.1.21 and 2.1.23)."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest
from openpyxl.comments import Comment

from connectors._readings.workbook import Workbook

HEADER = ["Ref", "Activity", "Due", "Who"]
MAIN = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
KINDS = "http://schemas.microsoft.com/office/2017/10/relationships"
RELATION = '<Relationship Id="rIdT" Type="{kind}" Target="{target}"/></Relationships>'
EXPLAINED = (
    "[Threaded comment]\n\nYour version of Excel allows you to read this threaded comment; however, any edits to it"
    " will get removed if the file is opened in a newer version of Excel. Learn more:"
    " https://go.microsoft.com/fwlink/?linkid=870924\n\nComment:\n    "
)
THREADS = (
    f'<ThreadedComments xmlns="{MAIN}">'
    '<threadedComment ref="C2" dT="2026-02-01T09:00:00.00" personId="{P1}" id="{T1}" done="1">'
    "<text>Can this move?</text></threadedComment>"
    '<threadedComment ref="C2" dT="2026-02-01T10:00:00.00" personId="{P2}" id="{T2}" parentId="{T1}">'
    "<text>Not before the audit</text></threadedComment>"
    '<threadedComment ref="D3" dT="2026-02-01T11:00:00.00" personId="{P9}" id="{T3}">'
    "<text>Who?</text></threadedComment></ThreadedComments>"
)
PERSONS = (
    f'<personList xmlns="{MAIN}"><person displayName="Dana Ito" id="{{P1}}" userId="d" providerId="AD"/>'
    '<person displayName="Mo Lind" id="{P2}" userId="m" providerId="AD"/></personList>'
)


def annotate(trackers):
    """M-1 has a thread beside its plain copy, and a note; M-2 a plain copy whose thread another program dropped."""
    path = trackers.write("plan.xlsx", [HEADER, ["M-1", "One", None, "Mo"], ["M-2", "Two", None, "Mo"]])
    book = openpyxl.load_workbook(path)
    sheet = book["Plan"]
    sheet["C2"].comment = Comment(EXPLAINED + "Can this move?\nReply:\n    Not before the audit", "tc={T1}")
    sheet["B2"].comment = Comment("see the brief", "Mo")
    sheet["B3"].comment = Comment(EXPLAINED + "Is it: agreed?", "tc={T4}")
    book.save(path)
    return path


def thread(path):
    """Add the parts of threads to a workbook, as Excel lays them out."""
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    for rels, kind, target in (
        (
            "xl/worksheets/_rels/sheet1.xml.rels",
            "threadedComment",
            "../threadedComments/threadedComment1.xml",
        ),
        ("xl/_rels/workbook.xml.rels", "person", "persons/person.xml"),
    ):
        relation = RELATION.format(kind=f"{KINDS}/{kind}", target=target)
        parts[rels] = parts[rels].replace(b"</Relationships>", relation.encode())
    parts["xl/threadedComments/threadedComment1.xml"] = THREADS.encode()
    parts["xl/persons/person.xml"] = PERSONS.encode()
    with zipfile.ZipFile(path, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)


def test_a_thread_is_read_with_who_wrote_it_and_its_plain_copy_is_not_shown_again(trackers):
    thread(annotate(trackers))
    assert trackers.pull().rows("plan.xlsx", '_key, "cell comments"') == [
        ("M-1", "B2: see the brief; C2: Dana Ito: Can this move? (resolved) / Mo Lind: Not before the audit"),
        ("M-2", "B3: Is it: agreed?; D3: Who?"),
    ]


def test_where_another_program_dropped_the_thread_its_plain_copy_is_read_without_the_explanation(trackers):
    annotate(trackers)
    assert trackers.pull().rows("plan.xlsx", '_key, "cell comments"') == [
        ("M-1", "B2: see the brief; C2: Can this move? Reply: Not before the audit"),
        ("M-2", "B3: Is it: agreed?"),
    ]


@pytest.mark.parametrize(
    ("name", "place", "text"),
    [
        ("PacktPublishing__Risk_Log.xlsx", (1, 6), "Josh Teter: Which project(s) did this risk occur in?"),
        (
            "PacktPublishing__Project_Plan.xlsx",
            (1, 6),
            "Josh Teter: If needed, can this task take on more than one resource? If so, how many? / Josh Teter: Some"
            " people say that if it can be broken out, it should be, but that can be a lot of work with no ROI if"
            " things go well. Up to you whether you just do that or not.",
        ),
    ],
)
def test_threads_of_workbooks_that_others_made(material, name, place, text):
    workbook = Workbook((material / "spreadsheets" / "trackers" / name).read_bytes(), name)
    found = {at: one for sheet in workbook.sheet_names for at, one in workbook.comments(sheet).items()}
    assert found[place] == text
    assert not any("Your version of Excel" in one for one in found.values())
