"""The configuration: what is refused, by name, with the nearest valid word; exit status 2, nothing changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.configuration import ConfigurationError
from flows.settings import load

EXAMPLE: dict[str, Any] = {
    "company": "Meridian",
    "timezone": "Europe/London",
    "departments": {"it": {"name": "IT"}},
    "sources": {
        "jira-it": {"kind": "jira", "department": "it", "url": "https://m.example",
                    "auth": {"email": "hub@m.example", "token": "${TOKEN}"}},
    },
}  # fmt: skip


def write(folder: Path, settings: dict[str, Any]) -> Path:
    path = folder / "interlock.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def changed(*place: str, value: Any) -> dict[str, Any]:
    settings = yaml.safe_load(yaml.safe_dump(EXAMPLE))
    inside = settings
    for key in place[:-1]:
        inside = inside.setdefault(key, {})
    inside[place[-1]] = value
    result: dict[str, Any] = settings
    return result


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("compny",), "x", "compny: unknown key. Did you mean 'company'?"),
        (("sources", "jira-it", "jqll"), "x", "sources.jira-it.jqll: unknown key. Did you mean 'jql'?"),
        (
            ("sources", "jira-it", "auth", "tokn"),
            "x",
            "sources.jira-it.auth.tokn: unknown key. Did you mean 'token'?",
        ),
        (("sources", "sf"), {"kind": "hubspot"}, "sources.sf.kind: there is no kind 'hubspot'"),
        (("sources", "jira-it", "kind"), "jirra", "there is no kind 'jirra'. Did you mean 'jira'?"),
        (("sources", "jira-it", "department"), "itt", "there is no department 'itt'. Did you mean 'it'?"),
        (
            ("departments", "it", "calendar"),
            {"countri": "GB"},
            "departments.it.calendar.countri: unknown key. Did you",
        ),
        (("departments", "it", "calendar"), {"country": "XX"}, "departments.it.calendar"),
        (
            ("policy", "gates"),
            [{"gate": "audit", "wen": {}}],
            "policy.gates.0.wen: unknown key. Did you mean 'when'?",
        ),
        (("policy", "decisions"), {"abov": {}}, "policy.decisions.abov: unknown key. Did you mean 'above'?"),
        (
            ("rules", "slip-hits-peers"),
            {},
            "rules.slip-hits-peers: there is no such rule. Did you mean slip-hits-peer?",
        ),
        (
            ("rules", "slip-hits-peer"),
            {"warn_day": 3},
            "the rule has no such parameter. Did you mean warn_days?",
        ),
        (("rules", "slip-hits-peer"), {"mode": "loud"}, "'loud' is neither observe nor notify"),
        (("rules", "unowned-handover"), {"enabled": False}, "rules.unowned-handover: there is no such rule"),
        (("alerts",), {"mode": "shout"}, "alerts.mode: Input should be 'observe' or 'notify'"),
        (("alerts",), {"hold": "2 days"}, "alerts.hold"),
        (("alerts",), {"channels": {"digest": "mail"}}, "alerts.channels: unknown key"),
        (("timezone",), "London", "timezone: 'London' is no IANA time zone"),
        (("warehouse",), "ducklake:postgres://x", "warehouse: DuckLake is not built yet"),
        (("company",), None, "company: Input should be a valid string"),
        (
            ("sources", "a:b"),
            {"kind": "erp", "path": "x", "columns": {}},
            "sources.a:b: a source's id has letters",
        ),
    ],
)
def test_a_wrong_key_is_refused_by_name(
    tmp_path: Path, place: tuple[str, ...], value: Any, says: str
) -> None:
    path = write(tmp_path, changed(*place, value=value))
    with pytest.raises(ConfigurationError) as refusal:
        load(path, {"TOKEN": "x"})
    assert str(path) in str(refusal.value)
    assert says in str(refusal.value)


def test_a_missing_secret_is_named_with_its_place_and_its_cure(tmp_path: Path) -> None:
    path = write(tmp_path, EXAMPLE)
    with pytest.raises(
        ConfigurationError, match=r"sources\.jira-it\.auth\.token: the secret \$\{TOKEN\} is not set"
    ):
        load(path, {})


def test_a_secret_comes_from_the_environment_or_the_secrets_folder(tmp_path: Path) -> None:
    path = write(tmp_path, EXAMPLE)
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "TOKEN").write_text("from the folder\n", encoding="utf-8")
    read = [
        load(path, env).sources[0].options.auth.token.get_secret_value() for env in ({"TOKEN": "env"}, {})
    ]
    assert read == ["env", "from the folder"]


def test_secrets_stay_out_of_everything_that_is_kept_or_printed(tmp_path: Path) -> None:
    settings = load(write(tmp_path, EXAMPLE), {"TOKEN": "s3cr3t-value"})
    for text in (repr(settings), str(settings.raw), repr(settings.company()), repr(settings.sources)):
        assert "s3cr3t-value" not in text


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "interlock.yaml"
    path.write_text("company: A\ncompany: B\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="the key 'company' stands twice"):
        load(path, {})


def test_what_is_no_yaml_is_shown_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "interlock.yaml"
    path.write_text("company: X\nsources: [1, 2\npolicy: 3\n", encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"is not valid YAML(.|\n)*line 3, column 7:\n    policy: 3\n"
    ):
        load(path, {})


def test_observe_wins_wherever_it_is_said(tmp_path: Path) -> None:
    settings = changed("alerts", value={"mode": "notify"})
    settings["rules"] = {"missing-gate": {"mode": "observe"}}
    loaded = load(write(tmp_path, settings), {"TOKEN": "x"})
    assert (loaded.mode("slip-hits-peer", "jira-it"), loaded.mode("missing-gate", "jira-it")) == (
        "notify",
        "observe",
    )
    assert load(write(tmp_path, EXAMPLE), {"TOKEN": "x"}).mode("slip-hits-peer", "jira-it") == "observe"
