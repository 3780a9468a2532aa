"""Finds everything that is wrong in the stack files at once, before anything starts; needs neither Pulumi nor AWS."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from deploy_infra.settings.keys import RUN, TARGET_KEYS, TOOLS_KEYS, Key, Value
from deploy_infra.settings.model import TOOLS, env_of
from deploy_infra.settings.problem import Problem, shown
from deploy_infra.settings.stackfile import StackFile, read

DEFAULT_PROVIDERS = "pulumi:disable-default-providers"
_ENV = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_LONGEST_ENV = 20
_MINE = ("deploy:account", "deploy:externalId")


def problems(root: Path, stack: str) -> list[str]:
    """What is wrong for `stack` in the project folder `root`, a line each; empty where all is well.

    Looks at the stack's own file, at the tools account's, and at what must differ between accounts.
    """
    return [str(problem) for problem in _find(root, stack)]


def envs(root: Path) -> list[str]:
    """The target accounts that have a file, in order of name; not `tools`, and no file of an access stack's own."""
    names = (path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in root.glob("Pulumi.*.yaml"))
    return sorted(name for name in names if name != TOOLS and env_of(name) == name)


def checked(file: StackFile, keys: Sequence[Key]) -> tuple[dict[str, Value], list[Problem]]:
    """The values of `keys`, defaults filled in, and a problem for each that is missing or not as expected."""
    values: dict[str, Value] = {}
    found = []
    for key in keys:
        got = file.config.get(key.name)
        value = key.default if got is None else key.read(got)
        if value is None:
            what = f"got {shown(got)}, expected {key.expected}"
            found.append(Problem(file.name, file.lines.get(key.name, file.first_line), key.name, what))
        else:
            values[key.name] = value
    return values, found


def _find(root: Path, stack: str) -> list[Problem]:
    env = env_of(stack)
    if len(env) > _LONGEST_ENV or not _ENV.fullmatch(env):
        expected = f"the stack's name as a-z 0-9 and single hyphens, {_LONGEST_ENV} at most (before -access)"
        return [Problem("Pulumi.yaml", 1, "stack", f"got {shown(stack)}, expected {expected}")]
    found = list(_of_file(root, TOOLS))
    if env == TOOLS:
        return found + [problem for other in envs(root) for problem in _of_file(root, other)] + _shared(root)
    return (
        list(_of_file(root, env)) + found + [problem for problem in _shared(root) if problem.file.split(".")[1] == env]
    )


def _of_file(root: Path, env: str) -> Iterator[Problem]:
    file = read(root, env)
    if isinstance(file, Problem):
        yield file
        return
    keys = TOOLS_KEYS if env == TOOLS else TARGET_KEYS
    yield from checked(file, keys)[1]
    yield from _unknown(file, {key.name for key in keys})
    if file.config.get(DEFAULT_PROVIDERS) != ["*"]:
        what = f'got {shown(file.config.get(DEFAULT_PROVIDERS))}, expected ["*"]: every provider is explicit'
        yield Problem(file.name, file.lines.get(DEFAULT_PROVIDERS, file.first_line), DEFAULT_PROVIDERS, what)
    if env == TOOLS:
        yield from _same_role(file, "deploy:jenkinsDeployRole", "deploy:jenkinsPreviewRole")
    else:
        yield from _same_role(file, "deploy:deploymentRole", "deploy:previewRole")


def _unknown(file: StackFile, known: set[str]) -> Iterator[Problem]:
    offered = known - {key.name for key in RUN}
    for name in file.config.keys() - known - {DEFAULT_PROVIDERS}:
        close = get_close_matches(name, offered, n=1)
        hint = f"did you mean {close[0]}?" if close else f"expected one of {', '.join(sorted(offered))}"
        yield Problem(file.name, file.lines[name], shown(name), f"unknown key; {hint}")


def _same_role(file: StackFile, one: str, other: str) -> Iterator[Problem]:
    got = file.config.get(other)
    if got is not None and got == file.config.get(one):
        yield Problem(file.name, file.lines[other], other, f"got {shown(got)}, expected another role than {one}")


def _shared(root: Path) -> list[Problem]:
    """What two accounts may not share, said of both: the account itself, and the external id that opens only one."""
    files = [file for env in (TOOLS, *envs(root)) if isinstance(file := read(root, env), StackFile)]
    found = []
    for file in files:
        for key in _MINE:
            got = file.config.get(key)
            same = [other.name for other in files if other is not file and other.config.get(key) == got]
            if got is not None and same:
                what = f"got {shown(got)}, expected another than in {', '.join(same)}"
                found.append(Problem(file.name, file.lines[key], key, what))
    return found
