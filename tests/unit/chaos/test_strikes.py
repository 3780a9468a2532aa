"""A fault strikes wherever there is something to strike, and says so where there is nothing."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.chaos.moments import Moment
from tests.chaos.stage import Command, state_key
from tests.chaos.strikes import Attack, NothingToStrikeError
from tests.chaos.table import FAULTS
from tests.e2e.project import Project


class NoSuchKey(Exception):  # noqa: N818 -- as boto3 calls it
    """There is no object of this key."""


@dataclass
class States:
    """A bucket in which some stacks have a state, and the project whose bucket it is."""

    kept: dict[str, bytes]
    exceptions: Any = field(default_factory=lambda: SimpleNamespace(NoSuchKey=NoSuchKey))

    def client(self, _account: str, _service: str) -> States:
        return self

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 -- as boto3 calls them
        if Key not in self.kept:
            raise NoSuchKey(f"{Bucket}/{Key}")
        return {"Body": io.BytesIO(self.kept[Key])}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: ARG002, N803
        self.kept[Key] = Body


def struck(kind: str, states: States) -> States:
    """A destroy of all stacks has done with staging, and dev, the last, is damaged."""
    attack = Attack(cast("Project", states), Moment("step-finished", "staging"), 0)
    attack.command = cast("Command", SimpleNamespace(arguments=("destroy",)))
    [fault] = (one for one in FAULTS if one.name == kind)
    assert fault.strike
    next(fault.strike(attack))
    return states


def test_the_last_state_is_damaged_where_no_other_is_left() -> None:
    assert struck("state-truncated", States({state_key("dev"): b"whole"})).kept == {state_key("dev"): b"wh"}


def test_it_becomes_another_stacks_only_where_there_is_one() -> None:
    both = {state_key("dev"): b"own", state_key("prod"): b"foreign"}
    assert struck("state-foreign", States(both)).kept[state_key("dev")] == b"foreign"
    with pytest.raises(NothingToStrikeError, match="a state of prod"):
        struck("state-foreign", States({state_key("dev"): b"own"}))


def test_what_is_not_there_cannot_be_damaged() -> None:
    with pytest.raises(NothingToStrikeError, match="a state of dev"):
        struck("state-truncated", States({}))
