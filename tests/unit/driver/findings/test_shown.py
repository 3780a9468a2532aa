"""How findings look: as text for a person, as JSON for a program, as SARIF 2.1.0 for a code host."""

from __future__ import annotations

import re
from typing import Any

import pytest

from deploy_driver.assurance.findings.catalogue import BY_ID, IN_ACCOUNTS, check, judge, not_looked_at
from deploy_driver.assurance.findings.observed import Unseen
from deploy_driver.assurance.findings.rule import RuleResult
from deploy_driver.assurance.findings.sarif import as_sarif
from deploy_driver.assurance.findings.text import as_json, as_text
from tests.unit.driver.findings.samples import SUBJECTS
from tests.unit.driver.findings.test_rules import WRONG

ONLY_DEEP = Unseen("Jenkins may not read it", refused=False)
DENIED = Unseen("role deployer: AccessDenied: no")

CLEAN = [check("settings", ok=True, fact="7 stacks, every setting holds"), *judge(SUBJECTS)]
SHALLOW = [check("lock", ok=True, fact="not locked", stack="dev"), *not_looked_at(IN_ACCOUNTS, ONLY_DEEP)]
FOUND = [*CLEAN, *judge([subject for _, subject, _ in WRONG]), check("lock", fact="locked by me", stack="dev")]
REFUSED = [*CLEAN, *not_looked_at(("trail-stopped",), DENIED, "dev-access", "deploy-trail")]
ALL = {"clean": CLEAN, "shallow": SHALLOW, "found": FOUND, "refused": REFUSED}


def test_everything_that_is_as_it_should_be_takes_a_line_for_each_stack() -> None:
    text = as_text(CLEAN)
    assert text.splitlines()[0].split() == ["RULE", "STACK", "FACT"]
    assert [line.split()[0] for line in text.splitlines() if not line.startswith(" ")] == ["ok"] * 4
    assert "what to do" not in text


def test_every_finding_has_its_place_its_risk_and_its_remedy() -> None:
    text = as_text(FOUND)
    for rule, _, says in WRONG:
        assert re.search(rf"^Pulumi\.(dev|tools)\.yaml:\d+:3: {rule}: .*{re.escape(says)}", text, re.MULTILINE), rule
        assert f"  risk: {BY_ID[rule].risk}" in text
    assert text.count("  what to do: ") == len(WRONG) + 1


def test_rules_that_were_not_asked_are_named_with_the_reason() -> None:
    text = as_text(SHALLOW).replace("\n  ", " ")
    assert "not looked at, because Jenkins may not read it:" in text
    assert all(rule in text for rule in IN_ACCOUNTS)


def test_json_says_every_result() -> None:
    said = as_json(FOUND)
    assert len(said) == len(FOUND)
    assert {one["result"] for one in said} == {"ok", "finding"}
    assert {one["result"] for one in as_json(REFUSED)} == {"ok", "not looked at"}


@pytest.mark.parametrize("results", ALL.values(), ids=ALL)
def test_sarif_has_the_shape_that_the_standard_demands(results: list[RuleResult]) -> None:
    said = as_sarif(results)
    assert said["version"] == "2.1.0"
    assert said["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = said["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(ids) == len(set(ids))
    for rule in driver["rules"]:
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
        assert all(rule[key]["text"] for key in ("shortDescription", "fullDescription", "help"))
    for result in run["results"]:
        holds_result(result, ids)
    for notification in run["invocations"][0]["toolExecutionNotifications"]:
        assert notification["message"]["text"]
        assert ids[notification["associatedRule"]["index"]] == notification["associatedRule"]["id"]


def holds_result(result: dict[str, Any], ids: list[str]) -> None:
    """SARIF 2.1.0, 3.27: message, rule by id and index, level; places with a relative URI, a line and a column from 1."""
    assert set(result) <= {"ruleId", "ruleIndex", "level", "message", "locations", "partialFingerprints"}
    assert ids[result["ruleIndex"]] == result["ruleId"]
    assert result["level"] in {"none", "note", "warning", "error"}
    assert result["message"]["text"]
    for location in result.get("locations", []):
        assert set(location) <= {"physicalLocation", "logicalLocations"}
        artifact = location["physicalLocation"]
        assert re.fullmatch(r"[\w.-]+", artifact["artifactLocation"]["uri"])
        assert artifact["region"]["startLine"] >= 1
        assert artifact["region"]["startColumn"] == 3
        assert all(logical["fullyQualifiedName"] for logical in location["logicalLocations"])
    assert all(isinstance(value, str) for value in result["partialFingerprints"].values())


def test_sarif_has_one_result_for_each_finding_and_none_for_what_is_well() -> None:
    assert as_sarif(CLEAN)["runs"][0]["results"] == []
    assert len(as_sarif(FOUND)["runs"][0]["results"]) == len(WRONG) + 1


def test_a_look_that_was_refused_is_no_success_and_one_that_was_not_due_is() -> None:
    refused, shallow = (as_sarif(results)["runs"][0]["invocations"][0] for results in (REFUSED, SHALLOW))
    assert not refused["executionSuccessful"]
    assert {told["level"] for told in refused["toolExecutionNotifications"]} == {"error"}
    assert shallow["executionSuccessful"]
    assert {told["level"] for told in shallow["toolExecutionNotifications"]} == {"note"}


def test_a_finding_keeps_its_fingerprint_when_its_words_change() -> None:
    one, other = (
        as_sarif([check("lock", fact=fact, stack=stack)])["runs"][0]["results"][0]["partialFingerprints"]
        for fact, stack in (("locked by me", "dev"), ("locked by you", "dev"))
    )
    elsewhere = as_sarif([check("lock", fact="locked by me", stack="prod")])["runs"][0]["results"][0]
    assert one == other != elsewhere["partialFingerprints"]
