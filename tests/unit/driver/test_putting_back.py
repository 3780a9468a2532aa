"""A damaged state gives way to a good copy of it once that was shown, after a yes, under the stack's lease, and on record."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from deploy_driver.app.put_back import Damage, damaged, put_back
from deploy_driver.digest import digest
from deploy_driver.errors import BusyError, NotReadyError, RefusedError
from deploy_driver.record.catalogue import Event, Progress, StateSeen
from deploy_driver.values import Copy, StateMark
from tests.checkpoints import PROJECT, checkpoint, content
from tests.fakes.leases import FakeLeases, leasing
from tests.fakes.prompt import NOBODY, FakePrompt
from tests.fakes.state import FakeState
from tests.samples import stack

DEV = stack("dev")
WHOLE = content(checkpoint(DEV))
OLDER = content(checkpoint(DEV, checkpoint(DEV)["checkpoint"]["latest"]["resources"][:-1]))
NEWER = json.dumps({**checkpoint(DEV), "version": 99}).encode()
FOREIGN = content(checkpoint(stack("staging")))
KEPT = {Copy("history/1.checkpoint.json", 100.0): WHOLE, Copy("dev.json.bak", 200.0): OLDER}


@dataclass
class Store(FakeState):
    """A backend into which a state can be put."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def mark(self, stack: str) -> StateMark:
        content = self.contents.get(stack)
        return StateMark() if content is None else StateMark(digest(content), "v")

    def restore(self, stack: str, content: bytes) -> None:
        self.contents[stack] = content


class Stream(list[Event]):
    def __call__(self, event: Event) -> None:
        self.append(event)

    def settle(self) -> None:
        """Everything was shown."""


class Scene:
    """A run, dev's state as it is, and what else is kept of it."""

    def __init__(
        self, state: bytes | None, kept: dict[Copy, bytes] | None = None, prompt: FakePrompt | None = None
    ) -> None:
        self.store = Store(
            contents={} if state is None else {"dev": state}, kept={"dev": KEPT if kept is None else kept}
        )
        self.stream, self.leases, self.prompt = Stream(), FakeLeases(), prompt or FakePrompt()
        self.session: Any = SimpleNamespace(config=SimpleNamespace(project=PROJECT), state_store=lambda: self.store)
        self.session.renewed = lambda: self.session
        deployer = SimpleNamespace(leasing=leasing(self.leases, self.store), stopped=False)
        run = SimpleNamespace(stream=self.stream, deployer=deployer, prompt=self.prompt)
        self.begun: Any = SimpleNamespace(session=self.session, run=run)

    def found(self, seen: str = "") -> Damage:
        found = damaged(self.session, DEV, seen)
        assert found
        return found

    def put_back(self, seen: str = "", *, yes: bool = False) -> bool:
        return put_back(self.begun, DEV, seen, yes=yes)


DAMAGED = {
    "cut in half": WHOLE[: len(WHOLE) // 2],
    "empty": b"",
    "a page": b"<html>Service Unavailable</html>",
    "vanished": None,
}


@pytest.mark.parametrize("state", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_state_gives_way_to_the_copy_that_was_left_or_else_to_the_newest(state: bytes | None) -> None:
    assert (Scene(state).found().good.content, Scene(state).found().exact) == (OLDER, False)
    assert (Scene(state).found("sha256:0").good.content, Scene(state).found("sha256:0").exact) == (OLDER, False)
    left = Scene(state).found(digest(WHOLE))
    assert (left.good.content, left.exact) == (WHOLE, True)


@pytest.mark.parametrize("state", [WHOLE, OLDER, NEWER, FOREIGN])
def test_a_fit_a_newer_and_another_stacks_state_stay(state: bytes) -> None:
    scene = Scene(state)
    assert damaged(scene.session, DEV, digest(WHOLE)) is None
    assert scene.put_back(yes=True) is False
    assert scene.store.contents == {"dev": state}
    assert list(scene.stream) == []


@pytest.mark.parametrize("kept", [{}, {Copy("dev.json.bak", 1.0): FOREIGN}, {Copy("dev.json.bak", 1.0): b""}])
def test_without_a_good_copy_it_stays(kept: dict[Copy, bytes]) -> None:
    assert damaged(Scene(b"", kept).session, DEV) is None


def test_a_state_that_cannot_be_read_is_for_the_checks_to_name() -> None:
    scene = Scene(WHOLE)

    def refused(stack: str) -> bytes | None:
        raise NotReadyError(f"state of {stack}: AccessDenied")

    scene.store.read = refused  # type: ignore[method-assign]
    assert damaged(scene.session, DEV) is None


@pytest.mark.parametrize("yes", [True, False])
def test_it_is_shown_put_back_under_lease_and_on_record(yes: bool) -> None:
    scene = Scene(b"")
    assert scene.put_back(digest(WHOLE), yes=yes)
    assert scene.store.contents == {"dev": WHOLE}
    good = "history/1.checkpoint.json of 1970-01-01 00:01:40 UTC, 3 resources"
    assert scene.prompt.questions == ([] if yes else [f"Let the state of dev be {good}?"])
    assert list(scene.stream) == [
        Progress(f"the state is not fit to deploy with: the file is empty; this takes its place: {good}", "dev"),
        StateSeen("dev", digest(b""), "v", before=True),
        StateSeen("dev", digest(WHOLE), "v"),
    ]
    [(holder, _)] = scene.leases.objects.values()
    assert (scene.leases.writes, holder.released) == (["dev", "dev"], True)


@pytest.mark.parametrize(
    ("prompt", "says"), [(FakePrompt(answers=[False]), "the answer was no"), (NOBODY, "nobody is at the terminal")]
)
def test_without_a_yes_it_stays(prompt: FakePrompt, says: str) -> None:
    scene = Scene(None, prompt=prompt)
    with pytest.raises(RefusedError, match=says):
        scene.put_back()
    assert scene.store.contents == {}


def test_while_another_run_holds_the_stack_it_stays() -> None:
    scene = Scene(b"")
    other = leasing(scene.leases, scene.store, run="another")
    with other.holding(lambda: False) as held:
        held.take(["dev"])
        with pytest.raises(BusyError):
            scene.put_back(yes=True)
    assert scene.store.contents == {"dev": b""}
    assert scene.put_back(yes=True)
