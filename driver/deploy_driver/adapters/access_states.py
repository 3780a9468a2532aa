"""Moves the states of access layers out of the bucket that Jenkins writes, once, into the one that only administrators write.

Begun again after any end, it goes on where it was. For each stack that is not in the new place yet:

    judged           as a stranger's file, since Jenkins could write it
    encrypted anew   by the engine, for the key of the new place, and compared with what was there
    written          in one piece, and only where nothing is; from then on the old place of this stack is not read again
    taken away       from the old place, whose bucket keeps versions

When all are moved, the marker of the new backend is written, and no old place is ever read again: Jenkins can still put a
file there, which would otherwise be taken for the state of an account that is added later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.checkpoint import judge
from deploy_driver.errors import NotReadyError
from deploy_driver.run.state_check import States, UnfitStateError
from deploy_driver.values import Backend, Stack
from deploy_project.stacks import ACCESS, TOOLS, project_of

SHOWN = 4
"""Problems of one state that are said one by one."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class AccessStates:
    """`source` is the old backend, `target` the new one. `encrypted_anew` gives a stack's old state, as it has to be at `target`."""

    aws: AwsSession
    source: Backend
    target: Backend
    project: str
    encrypted_anew: Callable[[Stack, bytes], bytes]

    def move(self, stacks: Sequence[Stack], say: Say) -> None:
        """Move the states of these stacks that stand in the old place. Raises NotReadyError; what was done by then is done."""
        if self.target.marker in self._keys(self.target, self.target.marker):
            return
        moved = [stack.name for stack in stacks if self._moved(stack, say)]
        for key in self._left():
            say(
                f"left in {self.source.bucket}: {key}, whose stack deploy.toml does not name; nobody reads it there any more"
            )
        self._put(self.target.marker, json.dumps({"moved": moved}).encode())

    def _moved(self, stack: Stack, say: Say) -> bool:
        """Move one; whether it stands in the new place."""
        old, new = (
            S3StateStore(self.aws, {stack.name: backend}, self.project) for backend in (self.source, self.target)
        )
        if not new.exists(stack.name):
            _require_unlocked(stack, old)
            state = self._fit(stack, old)
            if state is None:
                return False
            say(f"moving the state of {stack.name} to {self.target.bucket}, which Jenkins cannot write")
            self._put(self._file(stack), self.encrypted_anew(stack, state))
        delete = partial(self._s3(self.source).delete_object, Bucket=self.source.bucket)
        for key in self._keys(self.source, self._file(stack)):
            asking(f"taking away {key}", partial(delete, Key=key))
        return True

    def _fit(self, stack: Stack, old: S3StateStore) -> bytes | None:
        """The old state, None when the stack was never deployed. Jenkins could write it until now, so it is judged first.

        What is judged here is what the engine is given: between two reads it could become another.
        """
        state = old.read(stack.name)
        if state is None:
            try:
                States(old, self.project).require(stack)
            except UnfitStateError as error:
                raise self._unfit(stack, "has vanished", error.detail) from None
            return None
        problems = judge(state, stack, self.project).problems
        if problems:
            raise self._unfit(stack, "is not fit to be", problems[:SHOWN])
        return state

    def _unfit(self, stack: Stack, what: str, detail: Sequence[str]) -> NotReadyError:
        return NotReadyError(
            f"the state of {stack.name} is to be moved, and {what}",
            detail=detail,
            remedy=remedies.RESTORE_ACCESS_STATE.of(file=self._file(stack), bucket=self.source.bucket),
        )

    def _left(self) -> list[str]:
        """The states of access layers that still stand in the old place."""
        there = self._keys(self.source, f".pulumi/stacks/{self.project}/")
        return [key for key in there if key.endswith((f"/{TOOLS}.json", f"{ACCESS}.json"))]

    def _file(self, stack: Stack) -> str:
        return f".pulumi/stacks/{project_of(self.project, stack.name)}/{stack.name}.json"

    def _keys(self, backend: Backend, prefix: str) -> list[str]:
        call = partial(self._s3(backend).list_objects_v2, Bucket=backend.bucket, Prefix=prefix)
        return [str(entry["Key"]) for entry in asking(f"state bucket {backend.bucket}", call).get("Contents", [])]

    def _put(self, key: str, body: bytes) -> None:
        """Write an object that is not there yet: what another administrator has moved in the meantime stays as it is."""
        call = partial(self._s3(self.target).put_object, Bucket=self.target.bucket, Key=key, Body=body, IfNoneMatch="*")
        asking(
            f"writing {key}",
            call,
            by_code={"PreconditionFailed": remedies.BOOTSTRAP_MEETS_BOOTSTRAP},
        )

    def _s3(self, backend: Backend) -> Any:
        return self.aws.client("s3", backend.region)


def _require_unlocked(stack: Stack, old: S3StateStore) -> None:
    locks = old.locks(stack.name)
    if locks:
        raise NotReadyError(
            f"the state of {stack.name} is to be moved, and the stack is locked by {locks[0]}",
            remedy=remedies.BOOTSTRAP_AFTER_RUN,
        )
