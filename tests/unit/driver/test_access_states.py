"""The states of access layers are moved once: killed at any moment it goes on, and what is in the old place afterwards is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.access_states import AccessStates
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Stack
from deploy_project.stacks import project_of
from tests.carried import gone, is_helped, printed, said
from tests.checkpoints import checkpoint, content
from tests.fakes.s3 import DiedError, FakeS3
from tests.samples import ACCESS_BACKEND, ACCOUNTS, BACKEND, access_stack, stack, tools_stack

OLD, NEW = BACKEND.bucket, ACCESS_BACKEND.bucket
STACKS = (tools_stack(), *(access_stack(env) for env in ACCOUNTS))


def file_of(name: str) -> str:
    return f".pulumi/stacks/{project_of('items', name)}/{name}.json"


@dataclass
class Move:
    """A move out of a bucket in memory. `read` are the stacks whose old states were read."""

    s3: FakeS3
    said: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def run(self) -> None:
        aws = cast("AwsSession", self.s3)
        AccessStates(aws, BACKEND, ACCESS_BACKEND, "items", self._encrypted_anew).move(STACKS, self.said.append)

    def _encrypted_anew(self, stack: Stack, state: bytes) -> bytes:
        self.read.append(stack.name)
        return b"anew: " + state


STATES = {each.name: content(checkpoint(each)) for each in STACKS}


def before() -> FakeS3:
    """Three access layers stand, each with the copy that the engine keeps beside its state; prod's does not."""
    names = [each.name for each in STACKS if each.env != "prod"]
    objects = {(OLD, file_of(name)): STATES[name] for name in names}
    return FakeS3(
        {**objects, **{(OLD, f"{file_of(name)}.bak"): b"old" for name in names}, (OLD, file_of("dev")): b"dev"}
    )


def dying() -> Iterator[int]:
    """Each change that a whole move makes, by its number."""
    for number in count(1):
        s3 = before()
        s3.dies_before = number
        try:
            Move(s3).run()
        except DiedError:
            yield number
        else:
            return


def test_killed_before_any_change_the_next_move_goes_on_to_the_same_end() -> None:
    whole = Move(before())
    whole.run()
    assert whole.s3.keys(OLD) == {file_of("dev")}
    assert whole.s3.objects[NEW, file_of("dev-access")] == b"anew: " + STATES["dev-access"]
    moments = list(dying())
    assert len(moments) == 3 * 3 + 1  # one written and two taken away for each, and the marker
    for number in moments:
        move = Move(before())
        move.s3.dies_before = number
        with pytest.raises(DiedError):
            move.run()
        for name in ("tools", "dev-access", "staging-access"):
            assert {(OLD, file_of(name)), (NEW, file_of(name))} & move.s3.objects.keys(), (number, name)
        assert ACCESS_BACKEND.marker not in move.s3.keys(NEW)
        move.run()
        assert move.s3.objects == whole.s3.objects, number


def test_a_state_that_stands_in_the_new_place_is_never_read_again_from_the_old_one() -> None:
    move = Move(before())
    move.s3.dies_before = 2
    with pytest.raises(DiedError):
        move.run()
    move.s3.objects[OLD, file_of("tools")] = b"planted"
    move.run()
    assert move.s3.objects[NEW, file_of("tools")] == b"anew: " + STATES["tools"]
    assert move.read == ["tools", "dev-access", "staging-access"]


def test_once_all_are_moved_nothing_that_is_put_into_the_old_place_is_taken_for_a_state() -> None:
    move = Move(before())
    move.run()
    said = len(move.said)
    move.s3.objects[OLD, file_of("prod-access")] = b"planted"
    move.run()
    assert file_of("prod-access") not in move.s3.keys(NEW)
    assert len(move.said) == said == 3


def test_what_is_not_fit_or_has_vanished_is_not_moved_and_what_is_fit_is() -> None:
    s3, file = before(), file_of("dev-access")
    s3.objects[OLD, ".pulumi/backups/items/dev-access/dev-access.1.json"] = STATES["dev-access"]
    for wrong, why in (
        (STATES["staging-access"], "is not fit to be"),
        (b"{}", "is not fit to be"),
        (None, "has vanished"),
    ):
        s3.objects.pop((OLD, file))
        if wrong is not None:
            s3.objects[OLD, file] = wrong
        with pytest.raises(NotReadyError, match=f"the state of dev-access is to be moved, and {why}") as caught:
            Move(s3).run()
        place = printed(remedies.RESTORE_ACCESS_STATE, caught.value.remedy)
        assert s3.keys(NEW) == {file_of("tools")}
        s3.objects[place["bucket"], place["file"]] = STATES["dev-access"]
    gone(remedies.RESTORE_ACCESS_STATE, said(Move(s3).run))
    assert ACCESS_BACKEND.marker in s3.keys(NEW)


def test_a_state_of_a_stack_that_nobody_names_is_left_and_said() -> None:
    move = Move(before())
    move.s3.objects[OLD, file_of("former-access")] = b"whatever it is"
    move.run()
    assert file_of("former-access") in move.s3.keys(OLD)
    assert [line for line in move.said if "left" in line] == [
        f"left in {OLD}: {file_of('former-access')}, whose stack deploy.toml does not name; nobody reads it there any more"
    ]


def test_what_is_locked_is_not_moved() -> None:
    s3 = before()
    s3.objects[OLD, ".pulumi/locks/organization/deploy-platform/tools/1.json"] = b"{}"
    move = Move(s3)
    with pytest.raises(NotReadyError, match="the state of tools is to be moved, and the stack is locked by") as caught:
        move.run()
    assert "run `deploy bootstrap` again" in caught.value.remedy
    assert s3.keys(NEW) == set()


def test_what_somebody_else_moved_in_the_meantime_stays_as_it_is() -> None:
    move = Move(before())

    class Slow(FakeS3):
        def put_object(self, **given: Any) -> Any:
            self.objects.setdefault((NEW, file_of("tools")), b"moved by another, and used since")
            return super().put_object(**given)

    move.s3 = Slow(move.s3.objects)
    with pytest.raises(NotReadyError, match="PreconditionFailed") as caught:
        move.run()
    assert caught.value.remedy == "somebody else moves it too: run `deploy bootstrap` again"
    move.run()
    assert move.s3.objects[NEW, file_of("tools")] == b"moved by another, and used since"


def test_before_all_are_moved_no_command_uses_the_new_place_and_then_every_one_does() -> None:
    s3 = before()
    stacks = (*STACKS, stack("dev"))
    store = S3StateStore(cast("AwsSession", s3), {each.name: each.backend for each in stacks}, "items")

    def check() -> None:
        store.check(["dev-access"])

    with pytest.raises(NotReadyError, match="not all states that belong there have been moved there"):
        check()
    assert printed(remedies.MOVE_STATES, said(check)).commands == (("deploy", "bootstrap"),)
    store.check(["dev"])
    Move(s3).run()
    gone(remedies.MOVE_STATES, said(check))
    check()


def test_a_run_asks_only_for_the_buckets_and_keys_of_its_stacks() -> None:
    s3 = before()
    Move(s3).run()
    stacks = (*STACKS, *map(stack, ACCOUNTS))
    store = S3StateStore(cast("AwsSession", s3), {each.name: each.backend for each in stacks}, "items")
    for chosen, backend in ((ACCOUNTS, BACKEND), ([each.name for each in STACKS], ACCESS_BACKEND)):
        s3.asked.clear()
        store.check(chosen)
        assert set(s3.asked) == {backend.bucket, backend.key_alias}
        assert s3.asked.count(backend.key_alias) == 1


def store_of(state: bytes) -> S3StateStore:
    """The store of the service stack dev, whose file holds this."""
    s3 = FakeS3({(OLD, file_of("dev")): state})
    return S3StateStore(cast("AwsSession", s3), {"dev": BACKEND}, "items")


@pytest.mark.parametrize(
    "state", [b"", b"{}", b"[]", b"<html>", b'{"checkpoint": null}', b'{"checkpoint": {"latest": 1}}']
)
def test_a_state_that_is_damaged_while_a_run_goes_on_is_no_bug(state: bytes) -> None:
    with pytest.raises(NotReadyError, match="damaged the state of dev since this run began"):
        store_of(state).resources("dev")


@pytest.mark.parametrize("state", [b'{"checkpoint": {}}', b'{"checkpoint": {"latest": null}}'])
def test_a_stack_that_was_only_begun_has_no_resources(state: bytes) -> None:
    assert store_of(state).resources("dev") == ()


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_state_that_only_the_engine_would_read_is_deleted(ending: str) -> None:
    strange = f"{file_of('dev')}.{ending}"
    s3 = FakeS3({(OLD, file_of("dev")): b"{}", (OLD, strange): b"packed"})
    store = S3StateStore(cast("AwsSession", s3), {"dev": BACKEND}, "items")
    bucket = printed(remedies.DELETE_STRANGE_STATE, said(lambda: store.read("dev")))["bucket"]
    s3.delete_object(Bucket=bucket, Key=strange)
    gone(remedies.DELETE_STRANGE_STATE, said(lambda: store.read("dev")))
    assert store.read("dev") == b"{}"


def test_two_administrators_who_move_them_at_once_do_so_once() -> None:
    class Slow(Move):
        def _encrypted_anew(self, stack: Stack, state: bytes) -> bytes:
            if not self.read:
                Move(self.s3).run()
            return super()._encrypted_anew(stack, state)

    move = Slow(before())
    is_helped(remedies.BOOTSTRAP_MEETS_BOOTSTRAP, move.run, move.run)
    assert move.s3.objects[NEW, file_of("tools")] == b"anew: " + STATES["tools"]


def test_what_a_run_works_on_is_moved_when_that_has_ended() -> None:
    s3, lock = before(), ".pulumi/locks/organization/items/dev-access/1.json"
    s3.objects[OLD, lock] = b"{}"
    printed(remedies.BOOTSTRAP_AFTER_RUN, said(Move(s3).run))
    del s3.objects[OLD, lock]
    gone(remedies.BOOTSTRAP_AFTER_RUN, said(Move(s3).run))
    assert ACCESS_BACKEND.marker in s3.keys(NEW)
