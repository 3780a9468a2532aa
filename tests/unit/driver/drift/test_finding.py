"""Which side moved, told from what the state, the cloud and the code say."""

from __future__ import annotations

import pytest

from deploy_driver.drift.finding import DriftFinding, findings_of, together
from deploy_driver.drift.resource_state import PropertyState, ResourceState
from deploy_driver.placeholders import UNKNOWN
from deploy_driver.record.catalogue import DriftFact, Moved
from tests.samples import stack

URN = "urn:pulumi:dev::items::items:service:ItemsService$aws:lambda/function:Function::items"


def seen(
    *, state: object = "a", cloud: object = "a", code: object = "a", moved: bool = False, wanted: bool = False
) -> PropertyState:
    return PropertyState("description", state, cloud, code, moved, wanted)


def found(*properties: PropertyState, op: str = "update", known: bool = True, gone: bool = False) -> list[DriftFinding]:
    return list(findings_of(stack(), ResourceState(URN, op, known, gone, properties=properties)))


def test_what_somebody_changed_in_the_cloud() -> None:
    (finding,) = found(seen(cloud="b", moved=True, wanted=True))
    assert (finding.moved, finding.expected, finding.found) == (Moved.CLOUD, "a", "b")


def test_what_the_code_says_and_nobody_applied() -> None:
    (finding,) = found(seen(code="c", wanted=True))
    assert (finding.moved, finding.expected, finding.found) == (Moved.CODE, "c", "a")


@pytest.mark.parametrize("code", ["b", "c"])
def test_both_moved_to_the_same_or_apart(code: str) -> None:
    (finding,) = found(seen(cloud="b", code=code, moved=True, wanted=code != "b"))
    assert finding.moved is Moved.BOTH


def test_three_that_agree_are_no_finding() -> None:
    assert found(op="same") == []


def test_what_only_follows_from_another_change_is_no_finding() -> None:
    assert found(seen(code=UNKNOWN, wanted=True)) == []
    assert found(seen(code={"uri": [UNKNOWN]}, wanted=True)) == []


def test_what_was_changed_in_the_cloud_is_found_also_where_the_code_is_not_known_yet() -> None:
    (finding,) = found(seen(cloud="b", code=UNKNOWN, moved=True, wanted=True))
    assert (finding.moved, finding.expected) == (Moved.CLOUD, "a")


def test_a_document_that_is_only_written_differently_has_not_moved() -> None:
    (finding,) = found(seen(state='{"a": 1}', cloud='{"a":2}', code='{ "a":1 }', moved=True, wanted=True))
    assert finding.moved is Moved.CLOUD


@pytest.mark.parametrize(
    ("op", "known", "gone", "expected"),
    [
        ("create", True, True, (Moved.CLOUD, DriftFact.DELETED)),
        ("", True, True, (Moved.BOTH, DriftFact.DELETED)),
        ("delete", True, True, (Moved.BOTH, DriftFact.DELETED)),
        ("create", False, False, (Moved.CODE, DriftFact.NOT_MADE)),
        ("delete", True, False, (Moved.CODE, DriftFact.NOT_REMOVED)),
    ],
)
def test_whole_resources(op: str, known: bool, gone: bool, expected: tuple[Moved, DriftFact]) -> None:
    (finding,) = found(op=op, known=known, gone=gone)
    assert (finding.moved, finding.fact) == expected
    assert finding.path == ""


def test_a_resource_of_both_kinds_is_both() -> None:
    assert together([Moved.CLOUD, Moved.CLOUD]) is Moved.CLOUD
    assert together([Moved.CLOUD, Moved.CODE]) is Moved.BOTH


def test_a_finding_keeps_its_key_whatever_its_values() -> None:
    (first,) = found(seen(cloud="b", moved=True))
    (second,) = found(seen(cloud="c", moved=True))
    assert first.key == second.key
    assert (first.type, first.name) == ("aws:lambda/function:Function", "items")
