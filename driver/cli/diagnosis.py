"""What `deploy doctor` finds: the run's own checks asked without a run, and what rots in the files and accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from driver.adapters.identity import StsIdentity
from driver.cli import program, wiring
from driver.cli.inspecting import inspect
from driver.config.model import DeployConfig
from driver.config.stackfile import line_of
from driver.errors import DeployError, NotReadyError, RefusedError, UsageError
from driver.events.catalogue import CheckFailed, CheckPassed, Event
from driver.findings.catalogue import IN_ACCOUNTS
from driver.findings.judge import check, judge, not_looked_at
from driver.findings.rule import Result, Standing
from driver.findings.subjects import ExternalId, Unseen
from driver.plan.plan import make_plan
from driver.run.preflight import Preflight
from driver.run.requests import RunFacts
from driver.values import Layer, Operation

Depth = Literal["jenkins", "administrator"]

_FILE_AND_LINE = re.compile(r"(?P<file>[\w.-]+):(?P<line>\d+): ")
_ONLY_AN_ADMINISTRATOR = Unseen(
    "Jenkins' roles may not read it: `deploy doctor --as-administrator` does", refused=False
)
_ONLY_JENKINS = Unseen("only Jenkins may enter these roles: `deploy doctor` on its agent does", refused=False)
_NO_SETTINGS = Unseen("the settings do not hold, so nobody can say what should be there")


def diagnose(config: DeployConfig, depth: Depth) -> list[Result]:
    """Look as Jenkins at what a run depends on, or as an administrator at what the accounts really have."""
    build, run = wiring.jenkins_build(), wiring.start_id()
    tools, results = _tools(config)
    settings_hold, found = _files(config)
    results = [*found, *results]
    deep = depth == "administrator"
    try:
        place = wiring.enter(config, wiring.ADMINISTRATOR if deep else wiring.JENKINS_DEPLOY, run)
    except DeployError as error:
        nowhere = Unseen(str(error))
        unseen = not_looked_at(("identity", "state", "role", "lock", *IN_ACCOUNTS), nowhere)
        return [*results, check("cloud", fact=str(error), remedy=error.remedy), *unseen]
    where = f"sandbox at {place.endpoint}" if place.endpoint else "AWS"
    results.append(check("cloud", ok=True, fact=where))
    facts = RunFacts(run, config.project, build, config.tools.account, place.environment)
    results += _way_in(config, facts, Layer.ACCESS if deep else Layer.SERVICE)
    if not deep:
        results += not_looked_at(IN_ACCOUNTS, _ONLY_AN_ADMINISTRATOR)
    elif not settings_hold:
        results += not_looked_at(IN_ACCOUNTS, _NO_SETTINGS)
    else:
        results += inspect(config, tools, facts)
    if deep:
        for stack in config.layer(Layer.SERVICE):
            results += not_looked_at(("role", "lock"), _ONLY_JENKINS, stack.name)
    order = {stack.name: position for position, stack in enumerate(config.stacks)}
    return sorted(results, key=lambda result: order.get(result.stack, -1))


def _way_in(config: DeployConfig, facts: RunFacts, layer: Layer) -> list[Result]:
    """The checks that every run of this layer begins with."""
    found: list[Result] = []

    def note(event: Event) -> None:
        if isinstance(event, CheckPassed):
            found.append(check(event.check, ok=True, fact=event.fact, stack=event.stack))
        elif isinstance(event, CheckFailed):
            found.append(check(event.check, fact=event.what, remedy=event.remedy, stack=event.stack))

    aws = wiring.session(config)
    plan = make_plan(Operation.UP, config.layer(layer))
    try:
        Preflight(StsIdentity(aws), wiring.state_store(config, aws), note).require(plan, facts)
    except (NotReadyError, RefusedError):
        asked = {result.rule for result in found}
        found += not_looked_at(
            [rule for rule in ("identity", "state", "role", "lock") if rule not in asked],
            Unseen("an earlier check failed"),
        )
    return found


def _files(config: DeployConfig) -> tuple[bool, list[Result]]:
    """Whether the settings hold, and what was found. A line that has a finding of its own is told once."""
    shared = list(judge(_external_ids(config)))
    told = {(result.file, result.line) for result in shared if result.wrong}
    try:
        program.check_settings(config, config.stacks)
    except UsageError as error:
        problems = [_problem(line) for line in error.detail] or [
            check("settings", fact=str(error), remedy=error.remedy)
        ]
        return False, [*(problem for problem in problems if (problem.file, problem.line) not in told), *shared]
    return True, [check("settings", ok=True, fact=f"{len(config.stacks)} stacks, every setting holds"), *shared]


def _problem(said: str) -> Result:
    result = check("settings", fact=said)
    place = _FILE_AND_LINE.match(said)
    return replace(result, file=place["file"], line=int(place["line"])) if place else result


def _external_ids(config: DeployConfig) -> Iterator[ExternalId]:
    targets = [stack for stack in config.layer(Layer.ACCESS) if stack.external_id]
    for stack in targets:
        same = tuple(
            other.file.name for other in targets if other is not stack and other.external_id == stack.external_id
        )
        yield ExternalId(stack.name, stack.external_id, stack.file.name, line_of(stack.file, stack.external_id), same)


def _tools(config: DeployConfig) -> tuple[wiring.Tools | Unseen, list[Result]]:
    try:
        tools = wiring.find_tools(config, asking_engine=True)
    except DeployError as error:
        return Unseen(str(error)), [check("tools", fact=str(error), remedy=error.remedy)]
    said = [f"{tool.name} {tool.version} from {tool.source}: {tool.path}" for tool in (tools.engine, tools.plugin)]
    return tools, [check("tools", ok=True, fact=fact) for fact in said]


def all_is_well(results: list[Result]) -> bool:
    """Whether nothing was found, and everything was looked at that this depth can look at."""
    return all(not result.wrong for result in results) and any(result.standing is Standing.OK for result in results)
