"""What `deploy doctor` finds: the run's own checks asked without a run, and what rots in the files and accounts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeVar

from deploy_driver.adapters.foundation import access_bucket_policy, service_bucket_policy
from deploy_driver.adapters.processes import free_memory
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.app import program
from deploy_driver.app.console import ignore
from deploy_driver.app.deploy import at_once
from deploy_driver.app.outputs import read_outputs
from deploy_driver.app.session import (
    ADMINISTRATOR,
    JENKINS_DEPLOY,
    EngineTools,
    LocalProject,
    Session,
    left_over,
    new_run,
    start_session,
)
from deploy_driver.assurance.adapters.inspection import Inspector
from deploy_driver.assurance.findings.catalogue import IN_ACCOUNTS, check, judge, not_looked_at
from deploy_driver.assurance.findings.observed import (
    Inspected,
    InspectedAccessState,
    InspectedBoundary,
    InspectedBucket,
    InspectedExternalId,
    InspectedFunction,
    InspectedIssuer,
    InspectedKeys,
    InspectedRole,
    InspectedTrail,
    Unseen,
)
from deploy_driver.assurance.findings.rule import RuleResult, RuleStatus
from deploy_driver.config.environment import Machine, left_out
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import DeployError, NotReadyError, RefusedError, UsageError
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.record.catalogue import CheckFailed, CheckPassed, Event
from deploy_driver.run.leasing import Onlooker
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import Layer, Operation, Stack
from deploy_project.accounts import EnterAs
from deploy_project.remedy import Remedy
from deploy_project.seam import Documents, Inventory
from deploy_project.stackfile import read
from deploy_project.stacks import TOOLS, arn
from deploy_project.written import Problem

T = TypeVar("T")

Outputs = Mapping[str, Any] | Unseen


@dataclass(frozen=True)
class Look:
    """One account: its access stack, its service stack unless it is the tools account, and what the states know.

    `exposed`: a state of the access stack stands in the bucket that Jenkins writes. `others`: accounts of other projects.
    """

    config: DeployConfig
    access: Stack
    service: Stack | None
    service_stands: bool
    outputs: Outputs
    exposed: bool | Unseen
    others: tuple[str, ...] = ()

    def subjects(self, inspector: Inspector) -> Iterator[Inspected]:
        """Everything of the account, with what the inspector sees of it."""
        stack = self.access
        things = program.inventory(self.config, stack, "buckets.trail")
        attached = [f"{key}.{kind}" for key in things.roles for kind in ("trust", "policy")]
        documents = program.documents(self.config, stack, "boundary", *attached, others=self.others)
        boundary = arn("iam", f"policy/{things.boundary}", account=stack.account)
        for key, role in things.roles.items():
            yield InspectedRole(
                *_place(stack, role.name),
                trust=documents[f"{key}.trust"],
                policy=documents[f"{key}.policy"],
                boundary=boundary,
                max_session=role.max_session,
                recorded_id=self._recorded(key),
                seen=inspector.role(role.name),
            )
        yield InspectedBoundary(*_place(stack, things.boundary), documents["boundary"], inspector.policy(boundary))
        yield InspectedTrail(*_place(stack, things.trail), things.buckets["trail"], inspector.trail(things.trail))
        served = program.inventory(self.config, self.service) if self.service else None
        yield from self._buckets(inspector, stack, things, documents)
        if self.service and served:
            yield from self._buckets(inspector, self.service, served, program.documents(self.config, self.service))
        yield from self._state_buckets(inspector)
        yield InspectedAccessState(*_place(stack, self.config.backend.bucket), self.exposed)
        if self.service and served:
            yield from self._functions(inspector, self.service, served)
        yield InspectedKeys(*_place(stack, f"account {stack.account}"), inspector.keys())
        yield from self._issuer(inspector)

    def _buckets(
        self, inspector: Inspector, stack: Stack, things: Inventory, documents: Documents
    ) -> Iterator[InspectedBucket]:
        """The trail's, or the service's."""
        for key, name in things.buckets.items():
            seen = self._stands(stack, lambda name=name: inspector.bucket(name))  # type: ignore[misc]
            yield InspectedBucket(*_place(stack, name), documents.get(key, {}), seen)

    def _state_buckets(self, inspector: Inspector) -> Iterator[InspectedBucket]:
        """In the tools account those of the states."""
        if self.access.account == self.config.backend.account:
            config = self.config
            jenkins = config.jenkins_deploy_role, config.jenkins_preview_role
            own, other = config.backend.bucket, config.access_backend.bucket
            policy = service_bucket_policy(own, self.access.account, config.approver_role)
            yield InspectedBucket(*_place(self.access, own), policy, inspector.bucket(own))
            policy = access_bucket_policy(other, self.access.account, jenkins)
            yield InspectedBucket(*_place(self.access, other), policy, inspector.bucket(other))

    def _issuer(self, inspector: Inspector) -> Iterator[InspectedIssuer]:
        """In the tools account who vouches for the tokens of agents, where they bring any."""
        tokens, stack = self.config.tokens, self.access
        if tokens and stack.name == TOOLS:
            seen = inspector.audiences(arn("iam", f"oidc-provider/{tokens.issuer}", account=stack.account))
            yield InspectedIssuer(*_place(stack, f"https://{tokens.issuer}"), tokens.audience, seen)

    def _functions(self, inspector: Inspector, stack: Stack, things: Inventory) -> Iterator[InspectedFunction]:
        needs = program.needs(self.config, self.access) if things.functions else ()
        own = frozenset(thing.arn for thing in things.things)
        for name in things.functions.values():
            its = arn("lambda", f"function:{name}", region=stack.region, account=stack.account)
            callers = frozenset(
                str(need.context["lambda:Principal"])
                for need in needs
                if its in need.resources and "lambda:Principal" in need.context
            )
            seen = self._stands(stack, lambda name=name: inspector.function(name))  # type: ignore[misc]
            yield InspectedFunction(*_place(stack, name), stack.account, callers, own, seen)

    def _stands(self, stack: Stack, look: Callable[[], T]) -> T | Unseen:
        """What there is to see of a stack, unless it is a service that is not deployed."""
        there = stack.layer is Layer.ACCESS or self.service_stands
        return look() if there else Unseen(f"{stack.name} is not deployed", refused=False)

    def _recorded(self, key: str) -> str | Unseen:
        if isinstance(self.outputs, Unseen):
            return self.outputs
        recorded = self.outputs.get("roleIds", {}).get(key)
        return (
            str(recorded)
            if recorded
            else Unseen("no unique id is on record yet: `deploy bootstrap` records it", refused=False)
        )


STACKS_AT_ONCE = 8
"""Stacks that are looked at at the same time, where there is memory for the engines that read their outputs."""


def inspect(session: Session, tools: EngineTools | Unseen) -> list[RuleResult]:
    """Enter every account as an administrator, and judge what is there."""
    with ThreadPoolExecutor(at_once(STACKS_AT_ONCE, free_memory()), thread_name_prefix="inspect") as pool:
        looks = list(pool.map(partial(_look, session, tools), session.config.layer(Layer.ACCESS)))
        return [result for results in pool.map(lambda look: _judged(look, session), looks) for result in results]


def _look(session: Session, tools: EngineTools | Unseen, access: Stack) -> Look:
    config, state = session.config, session.state_store()
    service = next((stack for stack in config.layer(Layer.SERVICE) if stack.env == access.env), None)
    try:
        stands = service is not None and state.exists(service.name)
        exposed = S3StateStore(session.aws, {access.name: config.backend}, config.project).exists(access.name)
        known = session.platform().read() if access.name == TOOLS else None
        others = known.others(config.project) if known else ()
        return Look(config, access, service, stands, _outputs(session, tools, access), exposed, others)
    except DeployError as error:
        unseen = Unseen(str(error))
        return Look(config, access, service, service_stands=True, outputs=unseen, exposed=unseen)


def _outputs(session: Session, tools: EngineTools | Unseen, access: Stack) -> Outputs:
    if isinstance(tools, Unseen):
        return tools
    step = Step(access, Operation.UP, EnterAs.BOOTSTRAP)
    return read_outputs(session, tools, [step])[access.name]


def _judged(look: Look, session: Session) -> list[RuleResult]:
    try:
        aws = session.enter(Step(look.access, Operation.UP, EnterAs.BOOTSTRAP))
        return list(judge(look.subjects(Inspector(aws, look.config.tools.region))))
    except DeployError as error:
        return list(not_looked_at(IN_ACCOUNTS, Unseen(str(error)), look.access.name))


def _place(stack: Stack, name: str) -> tuple[str, str, str, int, int]:
    """A subject's stack and name, and where the file says it."""
    return stack.name, name, stack.file.name, *read(stack.file).place_of(name)


Depth = Literal["jenkins", "administrator"]

_ONLY_AN_ADMINISTRATOR = Unseen(
    "Jenkins' roles may not read it: `deploy doctor --as-administrator` does", refused=False
)
_ONLY_JENKINS = Unseen("only Jenkins may enter these roles: `deploy doctor` on its agent does", refused=False)
_NO_SETTINGS = Unseen("the settings do not hold, so nobody can say what should be there")


def diagnose(project: LocalProject, depth: Depth) -> list[RuleResult]:
    """Look as Jenkins at what a run depends on, or as an administrator at what the accounts really have."""
    config = project.config
    tools, results = _tools(project)
    settings_hold, found = _files(config)
    results = [*found, *results]
    deep = depth == "administrator"
    try:
        session = start_session(project, ADMINISTRATOR if deep else JENKINS_DEPLOY, new_run())
    except DeployError as error:
        nowhere = Unseen(str(error))
        unseen = not_looked_at((*_CHECKED, *IN_ACCOUNTS), nowhere)
        return [*results, check("cloud", fact=str(error), remedy=error.remedy), *unseen]
    results.append(check("cloud", ok=True, fact=_where(session, project.machine)))
    results += _way_in(session, Layer.ACCESS if deep else Layer.SERVICE)
    if not deep:
        look = partial(_left_over, session, {result.stack for result in results if result.wrong})
        with ThreadPoolExecutor(STACKS_AT_ONCE, thread_name_prefix="left") as pool:
            results += [result for found in pool.map(look, config.layer(Layer.SERVICE)) for result in found]
        results += not_looked_at(IN_ACCOUNTS, _ONLY_AN_ADMINISTRATOR)
    elif not settings_hold:
        results += not_looked_at(IN_ACCOUNTS, _NO_SETTINGS)
    else:
        results += inspect(session, tools)
    if deep:
        for stack in config.layer(Layer.SERVICE):
            results += not_looked_at(("role", "lease", "lock", "left-over"), _ONLY_JENKINS, stack.name)
    order = {stack.name: position for position, stack in enumerate(config.stacks)}
    return sorted(results, key=lambda result: order.get(result.stack, -1))


def _where(session: Session, machine: Machine) -> str:
    """The cloud; on AWS also the variables that a run does not get."""
    if session.endpoint:
        return f"sandbox at {session.endpoint}"
    missed = left_out(machine.environment)
    return f"AWS; set here, and not handed on to a run: {', '.join(missed)}" if missed else "AWS"


def _way_in(session: Session, layer: Layer) -> list[RuleResult]:
    """The checks that every run of this layer begins with."""
    found: list[RuleResult] = []

    def note(event: Event) -> None:
        if isinstance(event, CheckPassed) and event.check == "lease" and not event.stack:
            return  # it is said of each stack
        if isinstance(event, CheckPassed):
            found.append(check(event.check, ok=True, fact=event.fact, stack=event.stack))
        elif isinstance(event, CheckFailed):
            found.append(check(event.check, fact=event.what, remedy=Remedy(event.remedy), stack=event.stack))

    plan = make_plan(Operation.UP, session.config.layer(layer))
    try:
        onlooker = Onlooker(session.leasing(ignore), note)
        Preflight(session.identity, session.state_store(), note, WallClock(), session.room).require(
            plan, session.facts, onlooker
        )
    except (NotReadyError, RefusedError):
        asked = {result.rule for result in found}
        found += not_looked_at(
            [rule for rule in _CHECKED if rule not in asked],
            Unseen("an earlier check failed"),
        )
    return found


def _left_over(session: Session, wrong: Collection[str], stack: Stack) -> list[RuleResult]:
    """What of a service stack is in no state, or nobody knows the outcome of, unless something else is `wrong` with it."""
    if {"", stack.name} & set(wrong):
        return list(not_looked_at(["left-over"], Unseen("an earlier check failed"), stack.name))
    try:
        left, unsure = left_over(session, stack)
    except DeployError as error:
        return list(not_looked_at(["left-over"], Unseen(str(error)), stack.name))
    more = f"; {len(unsure)} more that AWS lists may be gone" if unsure else ""
    return [check("left-over", fact=f"{one.name}: {one.why}", remedy=one.remedy, stack=stack.name) for one in left] or [
        check("left-over", ok=True, fact=f"nothing that is not in the state{more}", stack=stack.name)
    ]


_CHECKED = ("identity", "disk", "state", "session", "role", "lease", "lock")
"""What every run looks at before it begins."""


def _files(config: DeployConfig) -> tuple[bool, list[RuleResult]]:
    """Whether the settings hold, and what was found. A line that has a finding of its own is told once."""
    shared = list(judge(_external_ids(config)))
    told = {(result.file, result.line) for result in shared if result.wrong}
    try:
        problems = program.problems(config, config.stacks)
    except UsageError as error:
        return False, [check("settings", fact=str(error), remedy=error.remedy), *shared]
    if problems:
        return False, [*(_problem(each) for each in problems if (each.file, each.line) not in told), *shared]
    return True, [check("settings", ok=True, fact=f"{len(config.stacks)} stacks, every setting holds"), *shared]


def _problem(problem: Problem) -> RuleResult:
    return replace(check("settings", fact=str(problem)), file=problem.file, line=problem.line, column=problem.column)


def _external_ids(config: DeployConfig) -> Iterator[InspectedExternalId]:
    targets = [stack for stack in config.layer(Layer.ACCESS) if stack.external_id]
    for stack in targets:
        same = tuple(
            other.file.name for other in targets if other is not stack and other.external_id == stack.external_id
        )
        yield InspectedExternalId(*_place(stack, stack.external_id), same)


def _tools(project: LocalProject) -> tuple[EngineTools | Unseen, list[RuleResult]]:
    try:
        tools = project.find_tools(asking_engine=True)
    except DeployError as error:
        return Unseen(str(error)), [check("tools", fact=str(error), remedy=error.remedy)]
    said = [f"{tool.name} {tool.version} from {tool.source}: {tool.path}" for tool in (tools.engine, tools.plugin)]
    return tools, [check("tools", ok=True, fact=fact) for fact in said]


def all_is_well(results: list[RuleResult]) -> bool:
    """Whether nothing was found, and everything was looked at that this depth can look at."""
    return all(not result.wrong for result in results) and any(result.status is RuleStatus.OK for result in results)
