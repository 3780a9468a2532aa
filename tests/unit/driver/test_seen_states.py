"""Which state an engine began from and which one it left is on record."""

from __future__ import annotations

import pytest

from deploy_driver.errors import NotReadyError
from deploy_driver.plan.plan import make_plan
from deploy_driver.record.catalogue import Diagnostic, StateSeen
from deploy_driver.run.seen_states import SeenStates
from deploy_driver.values import EngineRequest, Operation, StateMark
from tests.fakes.engine import DONE, FakeEngine
from tests.fakes.events import Recorder
from tests.fakes.state import FakeState
from tests.samples import facts, stack


class Moving(FakeState):
    """A backend whose state is another one each time; `refuses` says at which look it cannot be asked."""

    looks = 0
    refuses = 0

    def mark(self, stack: str) -> StateMark:
        self.looks += 1
        if self.looks == self.refuses:
            raise NotReadyError(f"the state of {stack} is not to be had")
        return StateMark(f"sha256:{self.looks}", f"v{self.looks}")


def request() -> EngineRequest:
    (step,) = make_plan(Operation.UP, [stack()]).steps
    return facts().request(step)


@pytest.mark.parametrize("call", ["up", "destroy"])
def test_it_is_seen_before_and_after(call: str) -> None:
    said, state = Recorder(), Moving()
    assert getattr(SeenStates(FakeEngine(), state), call)(request(), said) == DONE
    assert said.events == [StateSeen("dev", "sha256:1", "v1", before=True), StateSeen("dev", "sha256:2", "v2")]


@pytest.mark.parametrize("call", ["preview", "preview_destroy"])
def test_what_only_looks_leaves_none(call: str) -> None:
    said = Recorder()
    getattr(SeenStates(FakeEngine(), Moving()), call)(request(), said)
    assert said.events == []


def test_nothing_is_begun_from_a_state_that_cannot_be_read() -> None:
    engine, state = FakeEngine(), Moving()
    state.refuses = 1
    with pytest.raises(NotReadyError, match="not to be had"):
        SeenStates(engine, state).up(request(), Recorder())
    assert engine.calls == []


def test_what_was_done_is_done_when_it_cannot_be_read_afterwards() -> None:
    said, state = Recorder(), Moving()
    state.refuses = 2
    assert SeenStates(FakeEngine(), state).up(request(), said) == DONE
    assert isinstance(said.events[-1], Diagnostic)
    assert "not to be had" in said.events[-1].message
