"""The initiative register on a drive: read like one in a folder, and only if it changed."""

from __future__ import annotations

import io

import duckdb
import openpyxl
import pytest

from connectors import register
from connectors.contract import Place, Retry, Unreadable
from flows.settings import ConfigurationError, load
from sandbox.graph import Fault
from tests.graph.conftest import ANN, MO

PATH = "Governance/register.xlsx"
SITE = "https://contoso.sharepoint.com/sites/Marketing"


def content(*initiatives: str) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Initiatives"
    for row in [
        ["Initiative", "Departments", "Stage"],
        *([name, "IT; Marketing", "decided"] for name in initiatives),
    ]:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def workbook(drive):
    return drive.put(PATH, content("CDP"), MO)


@pytest.fixture
def given(graph):
    """The configuration's `register`."""
    return {
        "path": {"site": SITE, "path": PATH, "graph": graph.url},
        "auth": {
            "tenant": "contoso.example",
            "client_id": "app",
            "client_secret": "secret",
            "authority": graph.url,
        },
    }


@pytest.fixture
def connector(given, clock, tmp_path):
    place = Place("register", tmp_path, clock, keep=tmp_path / "kept")
    return register.connect(place, register.Options.model_validate(given))


@pytest.fixture
def pull(connector, tmp_path):
    """The initiatives' names that a pull gives, None where it gives nothing; the cursor goes from pull to pull."""
    kept = {}

    def pulled():
        pages = list(connector.pull(kept.get("cursor", {}), [], tmp_path))
        if not pages:
            return None
        kept["cursor"] = pages[-1].cursor
        [path] = [page.path for page in pages if page.stream == "initiative"]
        return [
            key
            for (key,) in duckdb.sql(f"SELECT _key FROM '{path}' WHERE _fate = 'land' ORDER BY 1").fetchall()
        ]

    return pulled


def test_it_is_read_and_again_only_when_it_changed(pull, drive, workbook, graph):
    assert pull() == ["CDP"]
    graph.log.clear()
    assert pull() is None
    assert len(graph.asked()) == 1
    drive.touch(workbook)
    assert pull() is None
    drive.save(workbook, content("CDP", "Claims"), ANN)
    assert pull() == ["CDP", "Claims"]


def test_renamed_or_moved_it_is_still_the_register(pull, drive, workbook):
    pull()
    drive.move(workbook, "Archive/register of 2026.xlsx", MO)
    assert pull() is None
    drive.save(workbook, content("Claims"), MO)
    assert pull() == ["Claims"]


def test_one_that_is_not_there_says_where_it_was_looked_for(pull, drive):
    with pytest.raises(Unreadable, match=rf"{SITE}, default library, {PATH}: the register is not there"):
        pull()


def test_what_graph_refuses_is_an_error_of_the_whole_source(pull, workbook, graph):
    graph.faults.append(Fault("GET */delta()", "throttled", times=None, retry_after=900))
    with pytest.raises(Retry):
        pull()


def test_check_signs_in_and_says_what_would_land(connector, workbook):
    said = [(finding.level, finding.text) for finding in connector.check()]
    assert said[0][1].endswith("/contoso.example as app app")
    assert said[-1] == ("ok", f"{PATH}, sheet Initiatives: 1 rows can be read")
    assert not any(level == "fail" for level, _ in said)


def test_the_configuration_names_it_as_it_names_a_tracker(given, graph, tmp_path):
    path = tmp_path / "interlock.yaml"

    def written(register: object) -> object:
        path.write_text(f"company: Contoso\nregister: {register}\nsources: {{}}\n", encoding="utf-8")
        return next(source for source in load(path, {}).sources if source.kind == "register").options

    assert str(written(given).path) == f"{SITE}, default library, {PATH}"
    assert written("register.xlsx").path == "register.xlsx"
    with pytest.raises(ConfigurationError, match="`auth` is missing: SharePoint and OneDrive need"):
        written({"path": given["path"]})
