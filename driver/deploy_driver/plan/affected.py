"""Which stacks a change concerns, and because of which files: pure, from paths alone."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from deploy_driver.values import Layer, Stack
from deploy_project.stacks import TOOLS, env_in

SHARED_SETTINGS = ("deploy.toml", "Pulumi.yaml")
DEPENDENCIES = ("pyproject.toml", "uv.lock")
STACK_FILES = "Pulumi.*.yaml"

_NAMES_SHOWN = 3
_LONGEST_NAME = 120


@dataclass(frozen=True)
class TouchedFile:
    """One file of the change: its path from the top of the repository, and whether a commit has it or only this folder."""

    path: str
    committed: bool = True


@dataclass(frozen=True)
class Change:
    """All that a change touched since `base`; `ancestors` are the commits that it was compared with."""

    base: str
    ancestors: tuple[str, ...]
    touched: tuple[TouchedFile, ...]
    folder: str = ""

    def at(self, path: str) -> str:
        """A path of the project (`infra`, `deploy.toml`) as the repository says it; the project is in `folder` of it."""
        return posixpath.normpath(posixpath.join(self.folder, path))


@dataclass(frozen=True)
class Affected:
    """One stack that the change concerns, and why: a sentence for each rule that applied."""

    stack: Stack
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """What a change concerns in both layers, and the layer that this command works on: the other one is left out."""

    change: Change
    layer: Layer
    affected: tuple[Affected, ...]

    @property
    def selected(self) -> tuple[Affected, ...]:
        """What the command works on."""
        return tuple(one for one in self.affected if one.stack.layer is self.layer)

    @property
    def left_out(self) -> tuple[Affected, ...]:
        """What is affected as well, and not this command's."""
        return tuple(one for one in self.affected if one.stack.layer is not self.layer)

    @property
    def stacks(self) -> tuple[Stack, ...]:
        """The selected stacks."""
        return tuple(one.stack for one in self.selected)


def affected(change: Change, stacks: Sequence[Stack], program: str) -> tuple[Affected, ...]:
    """The stacks that the change concerns, in the given order. `program` is the program's folder in the project.

    A stack file concerns its account's two stacks, and the tools stack, which learns there whom Jenkins may become.
    The file of the tools account, the program, the settings of the project and the locked dependencies concern all.
    Nothing else concerns any.
    """
    found: dict[str, dict[str, list[TouchedFile]]] = {}
    for touched in change.touched:
        for stack, why in _concerned(change, touched.path, stacks, program):
            found.setdefault(stack.name, {}).setdefault(why, []).append(touched)
    return tuple(
        Affected(stack, tuple(_said(why, files) for why, files in found[stack.name].items()))
        for stack in stacks
        if stack.name in found
    )


def _concerned(change: Change, path: str, stacks: Sequence[Stack], program: str) -> Iterator[tuple[Stack, str]]:
    """The stacks that one file concerns, each with what that file is to it."""
    why = _what_all_share(change, path, program)
    env = _env_of(change, path)
    for stack in stacks:
        if env == stack.env:
            yield stack, "its stack file"
        elif env == TOOLS:
            yield stack, "the file of the tools account, which every stack reads"
        elif env is not None and stack.env == TOOLS:
            yield stack, "an account's file, which the tools stack reads"
        elif env is None and why:
            yield stack, why


def _env_of(change: Change, path: str) -> str | None:
    """The account whose stack file this is; None when it is no stack file of the project."""
    name = posixpath.basename(path)
    if path != change.at(name) or not fnmatchcase(name, STACK_FILES):
        return None
    return env_in(name)


def _what_all_share(change: Change, path: str, program: str) -> str:
    if path in {change.at(name) for name in SHARED_SETTINGS}:
        return "settings of all stacks"
    if path in _dependencies(change):
        return "dependencies of the program"
    folder = change.at(program)
    if folder in {".", path} or path.startswith(f"{folder}/"):
        return "the program"
    return ""


def _dependencies(change: Change) -> set[str]:
    """A lock file governs the folders below it, so it counts in the project's folder and in every folder above."""
    places = [change.at("")]
    while places[-1] != ".":
        places.append(posixpath.dirname(places[-1]) or ".")
    return {posixpath.normpath(posixpath.join(place, name)) for place in places for name in DEPENDENCIES}


def _said(why: str, files: Iterable[TouchedFile]) -> str:
    """`the program: infra/app.py, infra/deploy_infra/names.py (not committed) and 4 more`."""
    names = [_shown(file.path) + ("" if file.committed else " (not committed)") for file in files]
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f"{why}: {', '.join(names[:_NAMES_SHOWN])}{more}"


def _shown(path: str) -> str:
    """A file may have any name: one that does not print, or that could be taken for something else, is quoted."""
    plain = path.isprintable() and not set(path) & set("'\",\\") and path == path.strip() and path[:1] != "-"
    short = path if len(path) <= _LONGEST_NAME else f"{path[: _LONGEST_NAME // 2]}…{path[-_LONGEST_NAME // 2 :]}"
    return short if plain else repr(short)
