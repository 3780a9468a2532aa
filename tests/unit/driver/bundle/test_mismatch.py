"""Every fact that a plan depends on is compared, and a difference is said by name with both sides and a way out."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from deploy_driver.bundle.compare import expired, mismatches, rewritten
from deploy_driver.bundle.model import Binding, BoundStack
from deploy_driver.remedies import REVIEW_AGAIN
from tests.reviews import BINDING, BUNDLE, DOCUMENT, NOW

NAMES = {
    "deploy": "deploy version",
    "project": "project",
    "cloud": "cloud",
    "commit": "commit",
    "changes": "work tree",
    "program": "program",
    "lock": "lock file",
    "deploy_toml": "deploy.toml",
    "project_file": "Pulumi.yaml",
    "tools_settings": "settings of tools",
    "engine": "engine version",
    "plugin": "plugin version",
}
PER_STACK = {"account": "account", "role": "role", "settings": "settings", "state": "state moved"}


def test_nothing_differs_from_itself() -> None:
    assert list(mismatches(BINDING, BINDING)) == []


def test_steps_are_compared_later() -> None:
    bare = replace(BINDING, stacks=tuple(replace(stack, steps=()) for stack in BINDING.stacks))
    assert list(mismatches(BINDING, bare)) == []


def test_no_field_is_forgotten() -> None:
    assert {field.name for field in fields(Binding)} == {*NAMES, "stacks"}
    assert {field.name for field in fields(BoundStack)} == {*PER_STACK, "stack", "steps"}


@pytest.mark.parametrize(("field", "name"), NAMES.items())
def test_a_fact_that_differs_is_named(field: str, name: str) -> None:
    other: object = {"a.py": "M sha256:1"} if field == "changes" else "another"
    now = replace(BINDING, **{field: other})  # type: ignore[arg-type]
    (found,) = mismatches(BINDING, now)
    assert (found.name, found.stack) == (name, "")
    assert found.remedy
    assert str(found).startswith(f"{name}: reviewed ")


@pytest.mark.parametrize(("field", "name"), PER_STACK.items())
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_stack_s_fact_that_differs_is_named_with_its_stack(place: int, field: str, name: str) -> None:
    stacks = list(BINDING.stacks)
    stacks[place] = replace(stacks[place], **{field: "another"})  # type: ignore[arg-type]
    (found,) = mismatches(BINDING, replace(BINDING, stacks=tuple(stacks)))
    assert (found.name, found.stack, found.now) == (name, stacks[place].stack, "another")
    assert str(found).startswith(f"{stacks[place].stack}: {name}: reviewed ")


@pytest.mark.parametrize(("order", "now"), [((0, 1), "dev, staging"), ((1, 0, 2), "staging, dev, prod"), ((), "none")])
def test_other_stacks_or_another_order_are_named(order: tuple[int, ...], now: str) -> None:
    stacks = tuple(BINDING.stacks[place] for place in order)
    (found,) = mismatches(BINDING, replace(BINDING, stacks=stacks))
    assert (found.name, found.reviewed, found.now) == ("stacks", "dev, staging, prod", now)


def test_all_that_differs_is_said_at_once() -> None:
    now = replace(BINDING, commit="another", engine="3.251.0", stacks=BINDING.stacks[:2])
    assert [found.name for found in mismatches(BINDING, now)] == ["commit", "engine version", "stacks"]


def test_of_changed_files_only_those_are_shown_that_are_not_the_same_on_both_sides() -> None:
    reviewed = replace(BINDING, changes={"a.py": "M sha256:1", "b.py": "M sha256:2"})
    (found,) = mismatches(reviewed, replace(BINDING, changes={"a.py": "M sha256:1", "b.py": "M sha256:3"}))
    assert (found.reviewed, found.now) == ("b.py (M sha256:2)", "b.py (M sha256:3)")
    (gone,) = mismatches(reviewed, BINDING)
    assert gone.now == "clean"
    (more,) = mismatches(reviewed, replace(BINDING, changes={**reviewed.changes, "c.py": "?? sha256:4"}))
    assert (more.reviewed, more.now) == ("nothing else", "c.py (?? sha256:4)")


def test_digests_are_shortened_for_people() -> None:
    (found,) = mismatches(BINDING, replace(BINDING, program="absent"))
    assert found.fact == f"program: reviewed {BINDING.program[:19]}…, now absent"


@pytest.mark.parametrize(("later", "over"), [(0, False), (24 * 3600 - 1, False), (24 * 3600, True), (10**6, True)])
def test_a_plan_holds_until_the_moment_it_says(later: int, over: bool) -> None:
    found = list(expired(BUNDLE, NOW + later))
    assert bool(found) == over
    if found:
        assert str(found[0]) == f"expiry: reviewed until 2026-11-24 01:02:00 UTC, now {found[0].now}; {REVIEW_AGAIN}"


def test_the_page_that_people_read_belongs_to_the_plan() -> None:
    assert list(rewritten(BUNDLE, DOCUMENT)) == []
    for other in (b"", DOCUMENT + b" "):
        (found,) = rewritten(BUNDLE, other)
        assert found.name == "plan.md"
