"""Which drift a rule takes out, and what is said of a rule that is of no use."""

from __future__ import annotations

from datetime import date

from deploy_driver.config.model import IgnoreRule
from deploy_driver.drift.ignore import ScanScope, SortedFindings, like, sort
from tests.unit.driver.drift.samples import finding, rule

TODAY = date(2026, 11, 23)
SERVICES = frozenset({"dev", "staging", "prod"})
SCOPE = ScanScope(SERVICES | {"tools", "dev-access"}, SERVICES, SERVICES)


def sorted_by(*rules: IgnoreRule, scope: ScanScope = SCOPE) -> SortedFindings:
    return sort([finding()], rules, scope, TODAY)


def test_a_valid_rule_takes_its_finding_out() -> None:
    found = sorted_by(rule(property_="versioningConfiguration.*"))
    assert (found.counted, [one.rule.owner for one in found.ignored], found.warnings) == ((), ["ada"], ())


def test_a_rule_for_another_property_or_stack_does_not() -> None:
    for other in (rule(property_="tags.*"), rule("urn:pulumi:prod::*")):
        found = sorted_by(other)
        assert found.counted == (finding(),)
        assert "matches nothing" in found.warnings[0]


def test_a_rule_holds_on_its_last_day_and_no_longer() -> None:
    assert sorted_by(rule(expires=TODAY)).counted == ()
    found = sorted_by(rule(expires=date(2026, 11, 22)))
    assert found.counted == (finding(),)
    assert found.warnings[0].endswith("expired on 2026-11-22: 1 finding counts again")


def test_a_rule_is_not_blamed_for_what_was_not_looked_at() -> None:
    part = ScanScope(SCOPE.stacks, SERVICES, frozenset({"dev"}))
    assert sorted_by(rule("urn:pulumi:prod::*"), scope=part).warnings == ()
    assert sorted_by(rule("*Bucket::other"), scope=part).warnings == ()
    assert sorted_by(rule("urn:pulumi:dev-access::*")).warnings == ()


def test_a_rule_is_blamed_once_all_that_it_could_match_was_looked_at() -> None:
    part = ScanScope(SCOPE.stacks, SERVICES, frozenset({"prod"}))
    assert "matches nothing" in sorted_by(rule("urn:pulumi:prod::*"), scope=part).warnings[0]
    assert "matches nothing" in sorted_by(rule("*Bucket::other")).warnings[0]


def test_a_rule_for_a_stack_that_is_not_there_is() -> None:
    part = ScanScope(SCOPE.stacks, SERVICES, frozenset({"dev"}))
    assert "matches nothing" in sorted_by(rule("urn:pulumi:dve::*"), scope=part).warnings[0]


def test_only_the_star_is_special() -> None:
    assert like("rules[0].*", "rules[0].status")
    assert not like("rules[0].*", "rules0.status")
    assert not like("tags", "tags.owner")
