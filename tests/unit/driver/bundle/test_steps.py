"""What would be done is compared resource by resource and property by property, whatever the order it is reported in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy_driver.bundle.compare import differences, steps_of
from deploy_driver.values import PropertyDiff, ResourceChange
from tests.reviews import changes

FUNCTION, ALIAS = changes("dev")
OTHER = ResourceChange("urn:pulumi:dev::items::aws:s3/bucket:Bucket::items", "delete")
REVIEWED = steps_of([FUNCTION, ALIAS])


def with_diff(**facts: object) -> ResourceChange:
    return replace(FUNCTION, diffs=(replace(FUNCTION.diffs[0], **facts),))  # type: ignore[arg-type]


def test_the_order_of_reports_says_nothing() -> None:
    shuffled = replace(FUNCTION, keys=("b", "a"), diffs=(PropertyDiff("z", "add"), *FUNCTION.diffs))
    ordered = replace(FUNCTION, keys=("a", "b"), diffs=(*FUNCTION.diffs, PropertyDiff("z", "add")))
    assert steps_of([ALIAS, shuffled]) == steps_of([ordered, ALIAS])
    assert list(differences("dev", REVIEWED, steps_of([ALIAS, FUNCTION]))) == []


@pytest.mark.parametrize(
    ("now", "sides"),
    [
        ([ALIAS], ("update", "nothing")),
        ([FUNCTION, ALIAS, OTHER], ("nothing", "delete")),
        ([replace(FUNCTION, op="replace"), ALIAS], ("update", "replace")),
        ([with_diff(new=99), ALIAS], ("update timeout (update): 10 → 12", "update timeout (update): 10 → 99")),
        ([with_diff(old=9), ALIAS], ("update timeout (update): 10 → 12", "update timeout (update): 9 → 12")),
        ([with_diff(kind="update-replace"), ALIAS], None),
        ([with_diff(new="12"), ALIAS], ("update timeout (update): 10 → 12", 'update timeout (update): 10 → "12"')),
        ([with_diff(new=12.0), ALIAS], ("update timeout (update): 10 → 12", "update timeout (update): 10 → 12.0")),
        ([replace(FUNCTION, diffs=()), ALIAS], ("update timeout (update): 10 → 12", "update without it")),
        ([replace(FUNCTION, keys=("timeout", "more")), ALIAS], ("update without it", "update more")),
    ],
)
def test_a_resource_that_something_else_would_be_done_to_is_named(
    now: list[ResourceChange], sides: tuple[str, str] | None
) -> None:
    (found,) = differences("dev", REVIEWED, steps_of(now))
    assert found.stack == "dev"
    assert found.name.startswith("steps: items (aws:")
    if sides:
        assert (found.reviewed, found.now) == sides


def test_long_values_that_begin_alike_are_told_apart() -> None:
    one, other = (with_diff(new="x" * 100 + end) for end in "ab")
    (found,) = differences("dev", steps_of([one]), steps_of([other]))
    assert found.reviewed != found.now
    assert len(found.reviewed) < 140


def test_nothing_secret_is_kept() -> None:
    step = steps_of([with_diff(new={"text": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "s3cr3t"})])[0]
    assert "AKIA" not in repr(step)
    assert "s3cr3t" not in repr(step)


def test_what_was_saved_compares_equal_to_what_is_reported_again() -> None:
    """Tuples become lists when they are read back."""
    assert steps_of([with_diff(new=("a", {"b": (1,)}))]) == steps_of([with_diff(new=["a", {"b": [1]}])])
