"""Requests and replies against the published description of Graph, and Microsoft's documented examples."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from connectors._graph.upload import PIECE
from sandbox.graph import Fault
from tests.graph.conftest import MO, note, workbook

HOST = "https://graph.microsoft.com/v1.0"
OWN_RIGHT = ("/upload/", "/download/")


class Specification:
    """The subset of Graph's OpenAPI, of which only the paths that we use are loaded: all take a minute.

    `/sites/{host}:/{path}` is the documented way to write the site id `{host}:/{path}`, in one step of the path, and
    `/items/{folder}:/{name}:` that to write an item by its folder and name.
    """

    def __init__(self, path):
        document = json.loads(path.read_text(encoding="utf-8"))
        self._templates = {}
        wanted = re.compile(
            r"/sites/\{site-id\}(/drives?)?|/drives/\{drive-id\}/items/\{driveItem-id\}(/delta\(\)|/createUploadSession"
            r"|/workbook/(createSession|closeSession|worksheets|worksheets/\{workbookWorksheet-id\}/range\(address='\{address\}'\)))?"
        )
        paths = {name: one for name, one in document["paths"].items() if wanted.fullmatch(name)}
        document["paths"] = paths
        schemas = document["components"]["schemas"]
        keep, todo = set(), set(re.findall(r'#/components/schemas/([^"]+)', json.dumps(paths)))
        while todo:
            name = todo.pop()
            keep.add(name)
            todo |= set(re.findall(r'#/components/schemas/([^"]+)', json.dumps(schemas[name]))) - keep
        document["components"]["schemas"] = {name: schemas[name] for name in sorted(keep)}
        self._api = OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))

    def hold(self, exchange):
        """Raises an OpenAPIError if the request or the reply is not as published."""
        path = exchange.path.removeprefix("/v1.0")
        if matched := re.fullmatch(r"/sites/([^/:]+:/.+)", path):
            path = f"/sites/{quote(matched[1], safe='')}"
        if matched := re.fullmatch(r"(/drives/[^/]+/items/)([^/:]+:/[^/:]+:)(/.+)", path):
            path = matched[1] + quote(matched[2], safe="") + matched[3]
        body = None if exchange.body is None else json.dumps(exchange.body).encode()
        kind = exchange.headers.get("content-type", "")
        request = MockRequest(
            HOST.removesuffix("/v1.0"), exchange.method.lower(), f"/v1.0{path}",
            args={name: values[0] for name, values in exchange.query.items() if name != "token"},
            headers=exchange.headers, data=body, content_type=kind,
        )  # fmt: skip
        self._api.validate_request(request)
        if exchange.status is not None:
            told = exchange.content_type.partition(";")[0]
            reply = MockResponse(exchange.reply or b"", status_code=exchange.status, content_type=told)
            self._api.validate_response(request, reply)


@pytest.fixture(scope="session")
def specification(material):
    return Specification(material / "graph" / "graph_files_sites_workbook_subset.openapi.json")


def published(graph):
    """Exchanges with Graph itself, those inside batches included; not with Entra, nor by an address' own right."""
    own = [each for each in graph.log if each.path.startswith("/v1.0/") and not each.path.endswith("$batch")]
    return [*own, *graph.inside]


def test_every_request_of_ours_and_every_reply_of_the_sandbox_is_as_published(
    specification, trackers, tenant, drive, tracker, graph
):
    tenant.add_site("/sites/Marketing", "Trackers")
    drive.page_size = 2
    source = trackers(drive="Documents")
    source.check()
    source.pull()
    source.push(note("M-1"), note("M-2"))
    source.push(note("M-1", headline="By Excel's service"))
    source.pull()
    by_file = trackers(save="file")
    large = drive.put("Plans/large.xlsx", workbook([["L-1", "Large", None, ""]], filler=PIECE + 1), MO)
    by_file.pull()
    by_file.push(note("L-1", "Plans/large.xlsx"))
    for kind in ("throttled", "unavailable", "timeout_before", "missing", "locked", "changed", "forbidden"):
        graph.faults.append(Fault("POST */createUploadSession", kind))
        by_file.push(note("L-1", "Plans/large.xlsx", headline=f"After {kind}"))
    trackers(sidecar={"always": True}).push(note("M-1"))
    drive.delete(drive.file("Plans/marketing.interlock.xlsx"))
    beside = trackers(sidecar={"always": True})
    beside.pull()
    graph.faults.append(Fault("POST *:/createUploadSession", "conflict"))
    beside.push(note("M-1"))
    drive.delete(large)
    drive.forget()
    by_file.pull(troubled=True)
    asked = {each.path.rpartition("/")[2].partition("(")[0] for each in published(graph)}
    assert asked >= {"drives", "delta", "createSession", "closeSession", "createUploadSession", "range"}
    assert {each.status for each in published(graph)} >= {
        200,
        201,
        204,
        403,
        404,
        409,
        410,
        412,
        423,
        429,
        503,
        504,
    }
    for exchange in published(graph):
        specification.hold(exchange)


def test_the_specification_would_notice(specification, trackers, tracker, graph):
    trackers(save="session").push()
    delta = next(each for each in graph.log if each.path.endswith("delta()"))
    with pytest.raises(OpenAPIError):
        specification.hold(replace(delta, reply=b'{"value": [{"id": 7}]}'))
    with pytest.raises(OpenAPIError):
        specification.hold(replace(delta, status=410, reply=b'{"error": "gone"}'))
    opened = next(each for each in graph.log if each.path.endswith("createSession"))
    with pytest.raises(OpenAPIError):
        specification.hold(replace(opened, body={"persistChanges": "yes"}))
    with pytest.raises(OpenAPIError):
        specification.hold(replace(opened, path=opened.path.replace("createSession", "openSession")))


def test_a_batch_has_the_form_that_microsoft_documents(trackers, tracker, graph):
    """ "Combine multiple HTTP requests using JSON batching": ids, methods, addresses behind the version."""
    trackers(save="session").push(note("M-1"), note("M-2"))
    (batch,) = [each for each in graph.log if each.path == "/v1.0/$batch"]
    asked = batch.body["requests"]
    assert 0 < len(asked) <= 20
    for number, one in enumerate(asked, start=1):
        assert set(one) <= {"id", "method", "url", "headers", "body", "dependsOn"}
        assert (one["id"], one["method"]) == (str(number), "PATCH")
        assert one["url"].startswith("/drives/")
        assert one["headers"]["Content-Type"] == "application/json"
        assert one.get("dependsOn", []) == ([str(number - 1)] if number > 1 else [])
    told = json.loads(batch.reply)["responses"]
    assert {one["id"] for one in told} == {one["id"] for one in asked}


def documented(material, name):
    pairs = json.loads((material / "graph" / "docs_request_response_pairs.json").read_text(encoding="utf-8"))
    return next(one for one in pairs if one["name"] == name)


def head(text):
    """First line, header names and JSON keys of a documented message."""
    first, _, rest = text.partition("\n")
    headers, _, body = rest.partition("\n\n")
    names = {line.partition(":")[0].lower() for line in headers.splitlines()}
    return first, names, set(json.loads(body)) if body.strip().startswith("{") else set()


def test_uploads_are_as_documented(material, trackers, drive, graph):
    drive.put("Plans/large.xlsx", workbook([["L-1", "Large", None, ""]], filler=PIECE + 1), MO)
    trackers(save="file").push(note("L-1", "Plans/large.xlsx"))
    opened = next(each for each in graph.log if each.path.endswith("createUploadSession"))
    example = documented(material, "upload-fragment-create-session")
    assert set(opened.body) == head(example["request"])[2]
    assert set(json.loads(opened.reply)) >= head(example["response"])[2]
    first, last = [each for each in graph.log if each.method == "PUT"]
    example = documented(material, "upload-fragment-piece")
    line, names, _ = head(example["request"])
    assert line.startswith("PUT ")
    assert names <= set(first.headers)
    assert re.fullmatch(r"bytes \d+-\d+/\d+", first.headers["content-range"])
    assert "authorization" not in {*first.headers, *last.headers}
    assert (first.status, set(json.loads(first.reply))) == (202, head(example["response"])[2])
    example = documented(material, "upload-fragment-final")
    assert last.status in (200, 201)
    assert head(example["response"])[2] <= set(json.loads(last.reply))


def test_a_new_file_is_uploaded_as_documented(material, trackers, tracker, graph):
    """By folder and name ("driveItem: createUploadSession"); `fail` is one of its conflict behaviours."""
    trackers(sidecar={"always": True}).push(note("M-1"))
    opened = next(each for each in graph.log if each.path.endswith(":/createUploadSession"))
    example = documented(material, "upload-fragment-create-session")
    assert re.search(r":/[^/]+:/createUploadSession$", head(example["request"])[0])
    assert set(opened.body) == head(example["request"])[2]
    assert "if-match" not in opened.headers
    (piece,) = [each for each in graph.log if each.method == "PUT"]
    assert piece.status == 201
    assert head(documented(material, "upload-fragment-final")["response"])[2] <= set(json.loads(piece.reply))


def test_an_upload_that_goes_on_asks_as_documented(material, trackers, drive, graph):
    drive.put("Plans/large.xlsx", workbook([["L-1", "Large", None, ""]], filler=PIECE + 1), MO)
    graph.faults.append(Fault("PUT /upload/*", "cut_after"))
    trackers(save="file").push(note("L-1", "Plans/large.xlsx"))
    asked = next(each for each in graph.log if each.method == "GET" and each.path.startswith("/upload/"))
    example = documented(material, "upload-fragment-resume")
    assert (asked.status, set(json.loads(asked.reply))) == (200, head(example["response"])[2])


@pytest.mark.parametrize(
    ("name", "end"), [("create_excel_session", "createSession"), ("close_excel_session", "closeSession")]
)
def test_sessions_are_as_documented(name, end, material, trackers, tracker, graph):
    trackers(save="session").push()
    exchange = next(each for each in graph.log if each.path.endswith(end))
    example = documented(material, name)
    line, names, keys = head(example["request"])
    assert line.partition(" ")[0] == exchange.method
    assert names - {"content-length"} <= set(exchange.headers)
    assert set(exchange.body) == keys
    assert str(exchange.status) in head(example["response"])[0]


def test_a_site_is_asked_for_as_documented(material, trackers, tracker, graph):
    trackers().pull()
    line = head(documented(material, "get-site-by-hostname-and-path")["request"])[0]
    form = re.sub(r"\\\{[^}]+\\\}", "[^:]+", re.escape(line))
    assert any(re.fullmatch(form, f"{each.method} {each.path.removeprefix('/v1.0')}") for each in graph.log)
