"""The reference says every rule as the doctor asks it."""

from __future__ import annotations

from pathlib import Path

from deploy_driver.assurance.findings.catalogue import BY_ID, CHECKS, RULES
from generate.findings_reference import reference

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "findings.md"


def test_the_page_is_the_one_that_the_rules_make() -> None:
    assert PAGE.read_text("utf-8") == reference() + "\n"


def test_every_rule_says_all_that_a_finding_needs() -> None:
    assert len(BY_ID) == len(CHECKS) + len(RULES)
    for rule in BY_ID.values():
        assert rule.id == rule.id.lower().replace(" ", "-")
        assert rule.looks_for.endswith(".")
        assert rule.risk.endswith(".")
        assert rule.remedy
        assert (rule.kind is None) == (rule in CHECKS) == (rule.judge is None)
