"""Sees to it that every account of a run gets the same code, and that what is uploaded is what was previewed.

Functions and layers are the same in every account where they have the same logical name: a program that means another one gives
it another name. Everything else that is uploaded, an object of a bucket say, may differ from account to account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from deploy_driver import remedies
from deploy_driver.bundle.model import ABSENT
from deploy_driver.digest import shown
from deploy_driver.ports import Emit
from deploy_driver.record.catalogue import Diagnostic, Packaged
from deploy_driver.run.engine_over import EngineOver
from deploy_driver.values import EngineReport, EngineRequest, EngineStatus, Upload, Urn

CODE = ("aws:lambda/function:Function", "aws:lambda/layerVersion:LayerVersion")
"""The types of what is code, and therefore the same everywhere."""


@dataclass(frozen=True)
class SameUploads(EngineOver):
    """The Engine port over another engine. `digest_of` is the digest of the bytes of a file that the program names by a path, or ABSENT.

    It remembers what each stack of the run was given, in its last preview or up; stacks come from several threads.
    """

    digest_of: Callable[[str], str]
    _seen: dict[str, tuple[Upload, ...]] = field(default_factory=dict)

    def preview(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `up` would do. Says it where code differs from that of another stack: `up` refuses it."""
        report = self.engine.preview(request, emit)
        if report.status is EngineStatus.SUCCEEDED and not request.targets:
            self._take(request.stack, report.uploads, emit)
            for said in self._unlike_others(request.stack, report.uploads):
                emit(Diagnostic(request.stack, "warning", f"{said}; `up` refuses that"))
        return report

    def up(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Make the stack what the program says, with no other files than were previewed, and no other code than elsewhere."""
        if request.targets:
            return self.engine.up(request, emit)
        stack, seen = request.stack, self._seen.get(request.stack)
        if refused := list(self._unlike_others(stack, seen or ())):
            return EngineReport(EngineStatus.REFUSED, failure="; ".join(refused), remedy=remedies.BUILD_ONCE)
        expected = tuple(self._elsewhere(stack).values()) if seen is None else seen
        report = self.engine.up(replace(request, expected=expected), emit)
        if report.status is EngineStatus.SUCCEEDED:
            moved = [*_unlike(report.uploads, seen or ()), *self._unlike_others(stack, report.uploads)]
            if moved := [*moved, *self._changed_meanwhile(report.uploads)]:
                return replace(
                    report, status=EngineStatus.FAILED, failure="; ".join(moved), remedy=remedies.LOOK_AND_DEPLOY_AGAIN
                )
            self._take(stack, report.uploads, emit)
        return report

    def _take(self, stack: str, uploads: tuple[Upload, ...], emit: Emit) -> None:
        """Remember what the stack was given, and say once which code that is, and where else it is the same."""
        known, self._seen[stack] = self._seen.get(stack), uploads
        if _code(uploads) and known != uploads:
            same = (other for other, theirs in self._others(stack).items() if _code(theirs) == _code(uploads))
            emit(Packaged(stack, packages_of(uploads), tuple(same)))

    def _others(self, stack: str) -> Mapping[str, tuple[Upload, ...]]:
        """What other stacks were given until now."""
        return {other: uploads for other, uploads in list(self._seen.items()) if other != stack}

    def _elsewhere(self, stack: str) -> dict[tuple[str, str], Upload]:
        """The code that other stacks were given."""
        return {_key(one): one for uploads in self._others(stack).values() for one in uploads if _is_code(one)}

    def _unlike_others(self, stack: str, uploads: Iterable[Upload]) -> Iterator[str]:
        """The code that is not the same in another stack."""
        return _unlike(filter(_is_code, uploads), self._elsewhere(stack).values())

    def _changed_meanwhile(self, uploads: Iterable[Upload]) -> Iterator[str]:
        """The files that are no longer what the engine has read."""
        for upload in uploads:
            for one in upload.files:
                if one.path and self.digest_of(one.path) not in {ABSENT, f"sha256:{one.digest}"}:
                    yield f"{_named(upload)}: {one.path} was changed while it was uploaded"


def packages_of(uploads: Iterable[Upload]) -> tuple[str, ...]:
    """Which code that is: of each function and layer its logical name and the SHA-256 of its package."""
    return tuple(f"{Urn(one.urn).name} sha256:{one.digest}" for one in uploads if _is_code(one))


def _unlike(uploads: Iterable[Upload], expected: Iterable[Upload]) -> Iterator[str]:
    """What was to be the same and is not, with both digests."""
    there = {_key(one): one for one in expected}
    for one in uploads:
        other = there.get(_key(one))
        if other and other.digest != one.digest:
            yield f"{_named(one)}: {shown(other.digest)} in {_stack(other)}, {shown(one.digest)} in {_stack(one)}"


def _key(upload: Upload) -> tuple[str, str]:
    """What it is in every stack: the URN without the stack's name, and the property."""
    return upload.urn.partition("::")[2], upload.property


def _stack(upload: Upload) -> str:
    return upload.urn.partition("::")[0].rpartition(":")[2]


def _is_code(upload: Upload) -> bool:
    return Urn(upload.urn).type in CODE


def _code(uploads: Iterable[Upload]) -> Mapping[tuple[str, str], str]:
    """The digest of every function and layer."""
    return {_key(one): one.digest for one in uploads if _is_code(one)}


def _named(upload: Upload) -> str:
    return f"{upload.property} of {Urn(upload.urn).name} ({Urn(upload.urn).type})"
