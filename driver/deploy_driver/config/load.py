"""Makes a project's DeployConfig from its files; every problem of every file is reported at once."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BaseModel, ValidationError

from deploy_driver import remedies
from deploy_driver.config.model import (
    AccessTable,
    DeployConfig,
    DeployToml,
    DriftTable,
    FreezeTable,
    IgnoreRule,
    IgnoreTable,
    ProgramTable,
    RingTable,
    SandboxTable,
    SmokeTable,
    StackTable,
    WindowTable,
)
from deploy_driver.config.root import FILE
from deploy_driver.errors import UsageError
from deploy_driver.values import Backend, Cloud, Freeze, Layer, Plugin, Schedule, Stack
from deploy_driver.version import VERSION
from deploy_project.accounts import TargetFacts, ToolsFacts, Values
from deploy_project.files import content_of
from deploy_project.keys import (
    RUN_KEYS,
    TARGET_KEYS,
    TOOLS_KEYS,
    apart,
    judged,
    secrets_elsewhere,
    states_apart,
    tokens_said,
    unknown,
)
from deploy_project.project_file import PROJECT_FILE, read_project
from deploy_project.stackfile import Reader, StackFile, read
from deploy_project.stacks import ACCESS, TOOLS, file_name
from deploy_project.written import UNMERGED, Problem, unmerged

_TABLES: Mapping[str, type[BaseModel]] = {
    "program": ProgramTable,
    "sandbox": SandboxTable,
    "smoke": SmokeTable,
    "stacks": StackTable,
    "drift": DriftTable,
    "access": AccessTable,
    "window": WindowTable,
    "freeze": FreezeTable,
    "rings": RingTable,
}
_RULE = 3
"""How deep in a place a rule of `[[drift.ignore]]` is named (table, list, number), and a stack's own `smoke` and `window`."""
_KEY = "[key]"
"""How pydantic marks that a table's name is wrong, not what is in it."""


def read_toml(path: Path) -> tuple[DeployToml | None, list[str]]:
    """The file, checked; None and its problems when it does not hold, or is for another `deploy` than this one."""
    try:
        said = tomllib.loads(text := content_of(path).decode("utf-8-sig"))
        if another := _another_deploy(said):
            return None, [f"{path.name}: requires: {another}"]
        return DeployToml.model_validate(said), []
    except tomllib.TOMLDecodeError as error:
        line = unmerged(text)
        return None, [f"{path.name}:{line}: {UNMERGED}" if line else f"{path.name}: not TOML: {error}"]
    except (UnicodeDecodeError, RecursionError) as error:
        return None, [f"{path.name}: not TOML: {error}"]
    except OSError as error:
        return None, [f"{path.name}: cannot be read: {error.strerror}"]
    except ValidationError as error:
        return None, [f"{path.name}: {_said(problem)}" for problem in error.errors()]


def _another_deploy(said: Mapping[str, Any]) -> str:
    """What to say where the file asks for versions that this is none of; then nothing else in it is judged. Otherwise empty."""
    try:
        wanted = SpecifierSet(said.get("requires", ""))
    except (InvalidSpecifier, TypeError, AttributeError):
        return ""  # the check of the whole file says what is wrong with it
    if wanted.contains(VERSION, prereleases=True):
        return ""
    return f"this is deploy {VERSION}, expected {wanted}: install such a version"


def _said(problem: Mapping[str, Any]) -> str:
    place = [str(part) for part in problem["loc"] if part != _KEY]
    key = ".".join(place)
    if problem["type"] == "missing":
        return f"{key}: missing, expected {_description(place)}"
    if problem["type"] == "extra_forbidden":
        return f"{key}: unknown key; {_hint(place)}"
    if problem["type"] == "string_pattern_mismatch":
        return f"{key}: got {problem['input']!r}, expected {_description(place)}"
    return f"{key}: got {problem['input']!r}, {_expected(str(problem['msg']))}"


def _expected(message: str) -> str:
    said = message.removeprefix("Value error, ").replace("Input should be", "expected")
    return said.replace("a valid tuple", "a list").replace("a valid dictionary", "a table")


def _table(place: list[str]) -> type[BaseModel]:
    if place[0] == "drift" and len(place) > _RULE:
        return IgnoreTable
    if place[0] == "stacks" and place[2:3] == ["smoke"] and len(place) > _RULE:
        return SmokeTable
    if place[0] == "stacks" and place[2:3] == ["window"] and len(place) > _RULE:
        return WindowTable
    return _TABLES[place[0]] if len(place) > 1 else DeployToml


def _description(place: list[str]) -> str:
    fields = _table(place).model_fields.values()
    return next((field.description or "" for field in fields if field.alias == place[-1]), "a value")


def _hint(place: list[str]) -> str:
    known = [str(field.alias) for field in _table(place).model_fields.values()]
    close = get_close_matches(place[-1], known, n=1)
    return f"did you mean {close[0]}?" if close else f"expected one of {', '.join(known)}"


E = TypeVar("E", bound=StrEnum)

NAMES_LIMIT = 40
"""Characters of project and stack name together: a session name has 64, the run's id and the build need the others."""

MOVED = ".deploy/moved/{project}.json"
"""The object of the access layers' bucket that says that the project's states have been moved there."""

Ask = Callable[[str, Path, Sequence[str]], Sequence[Problem]]
"""Asks the function of the program of that name what is wrong in the files of some stacks. Raises UsageError."""


def load(
    root: Path,
    environment: Mapping[str, str],
    cloud: str | None = None,
    *,
    ask: Ask | None = None,
    reader: Reader = read,
) -> DeployConfig:
    """Read deploy.toml, Pulumi.yaml and every stack file. A flag goes before the environment, that before the file.

    Raises UsageError with all problems, each with its file and key; with those that the program knows too, whom `ask` asks.
    """
    toml, problems = read_toml(root / FILE)
    files = {env: reader(root / file_name(env)) for env in (TOOLS, *(toml.stacks if toml else ()))}
    values, found = _judged(files)
    project, program, misnamed = _project(root, max(files.keys() - {TOOLS}, key=len, default=""))
    asked, plugin, misread = _choices(cloud, environment)
    problems += [*_unfitting(toml), *misnamed, *misread]
    if problems or found or toml is None:
        if ask and toml:
            known, unasked = _of_program(ask, toml.program.settings_check, root, tuple(files))
            found, problems = found | known, problems + unasked
        raise UsageError(
            "the settings do not hold",
            detail=[*problems, *map(str, sorted(found))],
            remedy=remedies.CORRECT_LINES,
        )
    tools = ToolsFacts.of(values[TOOLS])
    _require_approver(toml, tools)
    service, access = backends = _backends(tools, project)
    return DeployConfig(
        root=root,
        project=project,
        cloud=asked or toml.cloud,
        plugin=Plugin.REAL if (asked or toml.cloud) is Cloud.AWS else plugin or toml.sandbox.plugin,
        backend=service,
        access_backend=access,
        stacks=_stacks(root, project, values, toml, backends),
        sandbox_home=root / (environment.get("DEPLOY_SANDBOX_HOME") or toml.sandbox.home),
        jenkins_deploy_role=tools.deploy_role,
        jenkins_preview_role=tools.preview_role,
        plan_key=tools.plan_key,
        approver_role=tools.approver_role,
        tokens=tools.tokens,
        program=program,
        program_timeout=toml.program.timeout,
        kept=root / ".deploy",
        access_program=toml.program.access,
        **toml.program.model_dump(exclude={"timeout", "access"}),
        drift_ignore=tuple(IgnoreRule(**rule.model_dump()) for rule in toml.drift.ignore),
    )


def _backends(tools: ToolsFacts, project: str) -> tuple[Backend, Backend]:
    """Where the states of service layers are, and where those of access layers."""
    service = Backend(tools.account, tools.region, tools.state_bucket, tools.state_key)
    marker = MOVED.format(project=project)
    return service, replace(service, bucket=tools.access_state_bucket, key_alias=tools.access_state_key, marker=marker)


def _require_approver(toml: DeployToml, tools: ToolsFacts) -> None:
    """Raise UsageError where a stack asks for approvals, and nothing says who gives them."""
    asking = [name for name, table in toml.stacks.items() if table.approvals]
    if asking and not tools.approver_role:
        raise UsageError(
            "the settings do not hold",
            detail=[f"{FILE}: stacks.{asking[0]}.approvals: nobody may approve: deploy:approverRole is missing"],
            remedy=remedies.NAME_APPROVER_ROLE_OF_TOOLS.of(file=file_name(TOOLS)),
        )


def _judged(files: Mapping[str, StackFile]) -> tuple[Mapping[str, Values], set[Problem]]:
    """What each account's file says under `deploy:`, and every problem with that."""
    values: dict[str, Values] = {}
    problems = set(apart(files))
    for env, file in files.items():
        keys = (*(TOOLS_KEYS if env == TOOLS else TARGET_KEYS), *RUN_KEYS)
        values[env], found = judged(file, keys)
        problems |= {*found, *unknown(file, keys, namespace="deploy:")}
        problems |= {*states_apart(file, values[env]), *tokens_said(file, values[env])}
        if env != TOOLS:
            problems |= set(secrets_elsewhere(file, values.get(TOOLS, {}).get("deploy:stateKey")))
    return values, problems


def _of_program(ask: Ask, entry: str, root: Path, stacks: Sequence[str]) -> tuple[set[Problem], list[str]]:
    """What the program finds wrong, so that all is said at once; or why it cannot be asked."""
    try:
        return set(ask(entry, root, stacks)), []
    except UsageError as error:
        return set(), [str(error)]


def _project(root: Path, longest_stack: str) -> tuple[str, str, list[str]]:
    """The project's name, its program's folder, and every problem with them."""
    try:
        project = read_project(root)
    except ValueError as error:
        return "", "", str(error).splitlines()
    name = project.name
    if len(name) + len(longest_stack) > NAMES_LIMIT:
        expected = f"at most {NAMES_LIMIT} characters together with the stack's name {longest_stack!r}"
        what = f"{PROJECT_FILE}: name: got {name!r}, expected {expected}: both are part of a role session's name"
        return "", "", [what]
    return name, _program(root, project.main), []


def _program(root: Path, main: str) -> str:
    """`main` names the program's folder, or the file in it that starts the program; relative to `root`."""
    place = Path(os.path.relpath(root / main, root))
    return (place.parent if (root / place).is_file() else place).as_posix()


def _choices(flag: str | None, environment: Mapping[str, str]) -> tuple[Cloud | None, Plugin | None, list[str]]:
    """What the flag or the environment say of cloud and plugin, and every problem with that; None where nothing is said."""
    place, said = ("DEPLOY_CLOUD", environment.get("DEPLOY_CLOUD") or None) if flag is None else ("--cloud", flag)
    cloud, problems = _chosen(Cloud, place, said)
    plugin, found = _chosen(Plugin, "DEPLOY_PLUGIN", environment.get("DEPLOY_PLUGIN") or None)
    return cloud, plugin, [*problems, *found]


def _chosen(kind: type[E], place: str, said: str | None) -> tuple[E | None, list[str]]:
    """What a flag or a variable names; None when it says nothing."""
    if said is None or said in set(kind):
        return kind(said) if said else None, []
    return None, [f"{place}: got {said!r}, expected {' or '.join(kind)}"]


def _unfitting(toml: DeployToml | None) -> Iterator[str]:
    """What is wrong with the keys of the file taken together."""
    if toml:
        yield from (*_unknown_needs(toml), *_misscheduled(toml), *_misordered(toml))


def _unknown_needs(toml: DeployToml) -> list[str]:
    return [
        f"{FILE}: stacks.{name}.needs: got {need!r}, expected one of {', '.join(toml.stacks)}"
        for name, table in toml.stacks.items()
        for need in table.needs
        if need not in toml.stacks
    ]


def _misscheduled(toml: DeployToml) -> Iterator[str]:
    """What is wrong with windows and freezes taken together."""
    windows = toml.window or any(table.window for table in toml.stacks.values())
    if (windows or toml.freeze) and not toml.time_zone:
        said = "`window` and `freeze` are times by the clock of a zone"
        yield f"{FILE}: time-zone: missing, expected a time zone's name, such as Europe/Berlin: {said}"
    for number, table in enumerate(toml.freeze):
        place = f"{FILE}: freeze.{number}"
        for name in table.stacks:
            if name not in toml.stacks:
                yield f"{place}.stacks: got {name!r}, expected one of {', '.join(toml.stacks)}"
        freeze = _freeze(table, toml.time_zone or "UTC")
        if freeze.until <= freeze.start:
            yield f"{place}.until: got {table.until}, expected a moment after {table.from_}"


def _misordered(toml: DeployToml) -> Iterator[str]:
    """What is wrong with the rings taken together: each stack is in one at most, and nothing needs what comes after it."""
    ring_of: dict[str, int] = {}
    for number, ring in enumerate(toml.rings):
        for name in ring.stacks:
            place = f"{FILE}: rings.{number}.stacks: got {name!r}"
            if name not in toml.stacks:
                yield f"{place}, expected one of {', '.join(toml.stacks)}"
            elif name in ring_of:
                yield f"{place}, which is in rings.{ring_of[name]} already: expected each stack in one ring"
            ring_of.setdefault(name, number)
    needs = {name: {*table.needs, *_ring(toml, name)[0]} for name, table in toml.stacks.items()}
    try:
        TopologicalSorter(needs if toml.rings else {}).prepare()
    except CycleError as error:
        path = " → ".join(error.args[1])
        yield f"{FILE}: rings: by their order and by `needs`, stacks need each other in a circle: {path}"


def _freeze(table: FreezeTable, zone: str) -> Freeze:
    """As a value: of a time that the clock shows twice, or jumps over, the freeze has all."""
    return Freeze(_instant(table.from_, zone, last=False), _instant(table.until, zone, last=True), table.why)


def _instant(local: datetime, zone: str, *, last: bool) -> float:
    """The moment of a date-time: of one without an offset the first one at which that zone's clock shows it, or the `last`.

    Of a time that the clock jumps over, what is before the jump, or after it.
    """
    if local.tzinfo is not None:
        return local.timestamp()
    both = [local.replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() for fold in (0, 1)]
    return max(both) if last else min(both)


def _schedule(toml: DeployToml, env: str) -> Schedule:
    zone = toml.time_zone or "UTC"
    freezes = (_freeze(table, zone) for table in toml.freeze if not table.stacks or env in table.stacks)
    return Schedule(zone, toml.windows_of(toml.stacks[env]), tuple(freezes))


def _ring(toml: DeployToml, env: str) -> tuple[tuple[str, ...], RingTable | None]:
    """The stacks of the ring before the stack's own, and that; none where it is in no ring."""
    found = next((number for number, ring in enumerate(toml.rings) if env in ring.stacks), None)
    if found is None:
        return (), None
    return toml.rings[found - 1].stacks if found else (), toml.rings[found]


def _stacks(
    root: Path, project: str, values: Mapping[str, Values], toml: DeployToml, backends: tuple[Backend, Backend]
) -> tuple[Stack, ...]:
    of_service, of_access = backends
    most, tools = toml.access.max_deletes, ToolsFacts.of(values[TOOLS])
    place = tools.account, tools.region, root / file_name(TOOLS)
    stacks = [Stack(TOOLS, TOOLS, Layer.ACCESS, *place, of_access, max_deletes=most)]
    for env, table in toml.stacks.items():
        target, (before, ring) = TargetFacts.of(env, values[env]), _ring(toml, env)
        access = Stack(
            env + ACCESS,
            env,
            Layer.ACCESS,
            *(target.account, target.region, root / file_name(env)),
            of_access,
            needs=(TOOLS,),
            deployment_role=target.deployment_role,
            preview_role=target.preview_role,
            bootstrap_role=target.bootstrap_role,
            external_id=target.external_id,
            session_duration=target.session_duration,
            former_roles=table.former_roles,
            max_deletes=most,
        )
        service = replace(
            access,
            name=env,
            layer=Layer.SERVICE,
            backend=of_service,
            needs=tuple(dict.fromkeys((access.name, *table.needs, *before))),
            approve=table.approve,
            approvals=table.approvals,
            author_may_approve=table.author_may_approve,
            max_deletes=table.max_deletes,
            smoke=toml.smoke_of(table),
            smoke_timeout=table.smoke_timeout,
            schedule=_schedule(toml, env),
            soak=ring.soak_of(project, env, target.account) if ring else None,
        )
        stacks += [access, service]
    return tuple(stacks)
