"""Lets an engine at a stack only when its state is that stack's own and whole, and names what else there is when it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from deploy_driver import remedies
from deploy_driver.checkpoint import Judged, judge
from deploy_driver.errors import NotReadyError
from deploy_driver.ports import StateStore
from deploy_driver.values import Copy, Stack, Urn

SHOWN = 4
"""Problems of one state that are said one by one."""

_TRIED = 50
"""Copies of one state that are read before the search is given up."""


@dataclass(frozen=True)
class GoodCopy:
    """The newest copy of a stack's state that an engine may work on, and what is in it."""

    copy: Copy
    content: bytes
    judged: Judged

    def __str__(self) -> str:
        copy = self.copy
        version = f" (version {copy.version})" if copy.version else ""
        return f"{copy.key}{version} of {datetime.fromtimestamp(copy.moment, UTC):%Y-%m-%d %H:%M:%S} UTC, {_resources(self.judged)}"


@dataclass(frozen=True)
class KnownState:
    """A state of a stack, and what is to be said of it. `copy` is None for the one that the next run begins from."""

    copy: Copy | None
    content: bytes
    judged: Judged

    @property
    def place(self) -> str:
        """Where it is: the key of its object and, of an earlier version, which one; `now` for the one that counts."""
        if self.copy is None:
            return "now"
        return f"{self.copy.key} {self.copy.version}".rstrip()

    @property
    def name(self) -> str:
        """What its place ends with: the file's name, which no other copy of the stack has, and the version."""
        return self.place.rpartition("/")[2]

    @property
    def verdict(self) -> str:
        """What the engine could do with it."""
        if self.judged.newer:
            return "newer than the engine"
        if self.judged.problems:
            return "not fit: " + "; ".join(self.judged.problems[:SHOWN])
        return _resources(self.judged) if self.judged.deployed else "nothing was deployed yet"


class UnfitStateError(NotReadyError):
    """The state is damaged, another stack's, or gone; `good` may take its place, None when no copy is any better.

    `damaged`: it is nobody's any more, so that `deploy resume` puts the good one back.
    """

    def __init__(
        self, what: str, stack: Stack, *, detail: Sequence[str] = (), good: GoodCopy | None, damaged: bool
    ) -> None:
        found = f"the newest good copy is {good}" if good else "no copy that was found is any better"
        back = remedies.RESTORE_STATE.of(stack=stack.name)
        if damaged:
            back = remedies.RESTORE_OR_RESUME.of(stack=stack.name)
        remedy = back if good else remedies.LOOK_THROUGH_VERSIONS
        super().__init__(what, detail=[*detail, found], remedy=remedy)
        self.good, self.damaged = good, damaged


@dataclass(frozen=True)
class States:
    """Judges the states in `store` of the stacks of the Pulumi project `project`."""

    store: StateStore
    project: str

    def require(self, stack: Stack) -> Judged | None:
        """The stack's state, fit for the engine; None when the stack does not exist. Raises NotReadyError when it is not fit.

        A state that is not there, or in which nothing was ever deployed, is not fit either while a copy of it lists
        resources: deployed anew, they would be made twice. A destroyed stack leaves copies without any.
        """
        content = self.store.read(stack.name)
        judged = None if content is None else judge(content, stack, self.project)
        if judged and judged.problems:
            raise self._unfit(stack, judged)
        if not (judged and judged.deployed):
            self._require_never_deployed(stack)
        return judged

    def require_known(self, stack: Stack) -> None:
        """Raise NotReadyError where nobody knows what came of something that was being made: made again, it might be there twice.

        The state is judged anew: it is another one after each engine.
        """
        content = self.store.read(stack.name)
        judged = None if content is None else judge(content, stack, self.project)
        if judged and judged.pending:
            raise pending(stack.name, judged)

    def everything(self, stack: Stack) -> Iterator[KnownState]:
        """The state as it is, then every copy of it, newest first; those that this caller may not list are left out."""
        content = self.store.read(stack.name)
        if content is not None:
            yield KnownState(None, content, judge(content, stack, self.project))
        yield from (KnownState(*found) for found in self._judged(self._copies(stack), stack))

    def copy_of(self, stack: Stack, digest: str) -> GoodCopy | None:
        """The copy that is fit and has this digest; None when none has."""
        return next((one for one in self._good(self._copies(stack), stack) if one.judged.digest == digest), None)

    def _good_copy(self, stack: Stack) -> GoodCopy | None:
        """The newest copy that is fit: of those that the engine keeps, otherwise of the versions that the bucket keeps."""
        return next(self._good(self._copies(stack), stack), None)

    def _copies(self, stack: Stack) -> Iterator[Copy]:
        yield from self.store.copies(stack.name)
        with suppress(NotReadyError):  # Jenkins' roles may not list versions; an administrator may
            yield from self.store.versions(stack.name)

    def _good(self, copies: Iterator[Copy], stack: Stack) -> Iterator[GoodCopy]:
        for copy, content, judged in self._judged(copies, stack):
            if judged.deployed and not judged.problems:
                yield GoodCopy(copy, content, judged)

    def _judged(self, copies: Iterator[Copy], stack: Stack) -> Iterator[tuple[Copy, bytes, Judged]]:
        for copy in islice(copies, _TRIED):
            content = self.store.read_copy(stack.name, copy)
            yield copy, content, judge(content, stack, self.project)

    def _require_never_deployed(self, stack: Stack) -> None:
        known = next(self._good(iter(self.store.copies(stack.name)), stack), None)
        if known and known.judged.resources:
            what = "the state has vanished: nothing says what is deployed"
            raise UnfitStateError(what, stack, good=known, damaged=True)

    def _unfit(self, stack: Stack, judged: Judged) -> NotReadyError:
        said = [*judged.problems[:SHOWN]]
        if len(judged.problems) > SHOWN:
            said.append(f"and {len(judged.problems) - SHOWN} more")
        if judged.newer:
            remedy = remedies.NEWER_DEPLOY
            return NotReadyError("the state is newer than the engine", detail=said, remedy=remedy)
        what = "the state is not fit to deploy with"
        return UnfitStateError(what, stack, detail=said, good=self._good_copy(stack), damaged=judged.damaged)


def pending(stack: str, judged: Judged) -> NotReadyError:
    """What is said of a state in which something is pending."""
    found = [f"{Urn(urn).type} {Urn(urn).name}" for urn in judged.pending]
    more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return NotReadyError(
        "nobody knows what came of what an earlier run was making",
        detail=[*found[:SHOWN], *more],
        remedy=remedies.RESUME_OR_REPAIR.of(stack=stack),
    )


def _resources(judged: Judged) -> str:
    count = len(judged.resources)
    return f"{count} {'resource' if count == 1 else 'resources'}"
