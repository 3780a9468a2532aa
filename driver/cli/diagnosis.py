"""The findings of `deploy doctor`: the run's own checks, asked without a run."""

from __future__ import annotations

from dataclasses import dataclass

from driver.adapters.identity import StsIdentity
from driver.cli import wiring
from driver.config.model import DeployConfig
from driver.errors import DeployError, NotReadyError
from driver.events.catalogue import CheckFailed, CheckPassed, Event
from driver.plan.plan import make_plan
from driver.run.preflight import Preflight
from driver.run.requests import RunFacts
from driver.values import Layer, Operation


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: the fact, whether it is as it should be, and the remedy if not."""

    check: str
    ok: bool
    fact: str
    remedy: str = ""
    stack: str = ""


def diagnose(config: DeployConfig) -> list[Finding]:
    """Look at the settings, the tools, our identity, the state, and every service stack's way in."""
    build, run = wiring.jenkins_build(), wiring.start_id()
    findings = [_settings(config), *_tools(config)]
    try:
        place = wiring.enter(config, wiring.JENKINS_DEPLOY, run)
    except DeployError as error:
        return [*findings, Finding(config.cloud, ok=False, fact=str(error), remedy=error.remedy)]
    where = f"sandbox at {place.endpoint}" if place.endpoint else "AWS"
    findings.append(Finding("cloud", ok=True, fact=where))

    def note(event: Event) -> None:
        if isinstance(event, CheckPassed):
            findings.append(Finding(event.check, ok=True, fact=event.fact, stack=event.stack))
        elif isinstance(event, CheckFailed):
            findings.append(Finding(event.check, ok=False, fact=event.what, remedy=event.remedy, stack=event.stack))

    aws = wiring.session(config)
    facts = RunFacts(run, config.project, build, config.backend, place.environment)
    try:
        plan = make_plan(Operation.UP, config.layer(Layer.SERVICE))
        Preflight(StsIdentity(aws), wiring.state_store(config, aws), note).require(plan, facts)
    except NotReadyError:
        pass  # every failed check has been noted as a finding of its own
    order = {stack.name: position for position, stack in enumerate(config.stacks)}
    return sorted(findings, key=lambda finding: order.get(finding.stack, -1))


def _settings(config: DeployConfig) -> Finding:
    try:
        wiring.check_settings(config, config.stacks)
    except DeployError as error:
        return Finding("settings", ok=False, fact=str(error), remedy=error.remedy)
    return Finding("settings", ok=True, fact=f"{len(config.stacks)} stacks, every setting holds")


def _tools(config: DeployConfig) -> list[Finding]:
    try:
        tools = wiring.find_tools(config)
    except DeployError as error:
        return [Finding("tools", ok=False, fact=str(error), remedy=error.remedy)]
    return [
        Finding(name, ok=True, fact=f"{tool.name} {tool.version} from {tool.source}: {tool.path}")
        for name, tool in (("engine", tools.engine), ("plugin", tools.plugin))
    ]
