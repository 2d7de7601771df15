"""Documentation is executed: the references are current, and what README names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from flows.cli import app
from flows.reference import pages
from flows.settings import load

REPOSITORY = Path(__file__).parents[1]
WRITTEN = [REPOSITORY / "README.md", REPOSITORY / "docs" / "prefect.md"]


@pytest.mark.parametrize("name", ["configuration.md", "views.md", "commands.md"])
def test_a_reference_is_current(name: str) -> None:
    written = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run: python -m flows.reference docs"


def test_every_view_says_what_it_is() -> None:
    for view in pages()["views.md"].split("\n## ")[1:]:
        name, _, opening, *_ = view.split("\n")
        assert opening.strip(), f"{name}: begin its file with a comment"


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_command_and_option_that_is_named_exists(path: Path) -> None:
    known = _commands(get_command(app))
    named = re.findall(r"^\.venv/bin/interlock (.+?)(?:  |$)", path.read_text(encoding="utf-8"), re.MULTILINE)
    for line in named:
        words = line.split()
        command = next(" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known)
        for option in (word for word in words if word.startswith("-")):
            assert option in known[command], f"interlock {command} has no {option}"
    assert named or path.name != "README.md"


def _commands(group: object, path: str = "") -> dict[str, set[str]]:
    """Each command, with its options."""
    found: dict[str, set[str]] = {}
    for name, command in getattr(group, "commands", {}).items():
        own = f"{path} {name}".strip()
        found[own] = {option for parameter in command.params for option in parameter.opts}
        found |= _commands(command, own)
    return found


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_file_folder_and_make_target_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"
    for folder in re.findall(r"^\| `([a-z]+/)` \|", text, re.MULTILINE):
        assert (REPOSITORY / folder).is_dir(), folder
    targets = re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for named in re.findall(r"`?make ([a-z]+)\b(?: {2,}|`)", text):
        assert named in targets, f"make {named}"


def test_the_deployments_named_are_those_of_the_deployment_file() -> None:
    deployed = re.findall(r"- name: (\S+)", (REPOSITORY / "prefect.yaml").read_text(encoding="utf-8"))
    named = re.findall(
        r"^\| `(\S+)` \|", (REPOSITORY / "docs" / "prefect.md").read_text("utf-8"), re.MULTILINE
    )
    assert named == deployed


def test_the_example_is_a_configuration_that_is_taken() -> None:
    settings = load(
        REPOSITORY / "examples" / "interlock.yaml", {"JIRA_TOKEN": "x", "SF_ID": "x", "SF_SECRET": "x"}
    )
    assert [source.kind for source in settings.sources] == ["jira", "excel", "salesforce", "erp", "register"]
    assert settings.file.alerts.mode == "observe"


def test_the_pins_name_no_index() -> None:
    for name in ("constraints.txt", "pyproject.toml", "Makefile"):
        assert not re.search(
            r"index.url|find.links|https?://\S*(?:pypi|simple)", (REPOSITORY / name).read_text("utf-8")
        )
