"""The ops admin's own rules are held to the contract of the repository's: checked, and their cases run."""

from __future__ import annotations

from flows.settings import Settings
from rules.engine.cases import run_cases
from rules.engine.check import Checker
from rules.engine.discover import REPOSITORY, Rule, RuleError
from rules.engine.facts import read_shape
from warehouse.database import open_database


def own_rules(settings: Settings) -> list[Rule]:
    """The rules that do not come with Interlock."""
    return [rule for rule in settings.rules if rule.path.parent.resolve() != REPOSITORY]


def vet(settings: Settings, known: frozenset[str] = frozenset()) -> list[str]:
    """Check each own rule whose digest is not `known` and run its cases; a line for each.

    Raises RuleError, naming the file, for the first that breaks the contract.
    """
    rules = [rule for rule in own_rules(settings) if rule.digest not in known]
    if not rules:
        return []
    with open_database(None) as db:
        checker = Checker(read_shape(db))
    for rule in rules:
        checker.check(rule)
        for outcome in run_cases(rule):
            if outcome.problem:
                raise RuleError(
                    rule.place(), f"its case {outcome.case.name!r} does not hold: {outcome.problem}",
                    "Correct the case or the SELECT",
                )  # fmt: skip
    return [f"{rule.place()}: {len(rule.header.cases)} cases hold" for rule in rules]
