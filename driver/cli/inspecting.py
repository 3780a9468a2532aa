"""The deep look of `deploy doctor --as-administrator`: what every account really has, beside what the program derives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from driver.adapters.aws import AwsSession
from driver.adapters.foundation import access_bucket_policy, bucket_policy
from driver.adapters.identity import StsIdentity
from driver.adapters.inspection import Inspection
from driver.adapters.state import S3StateStore
from driver.cli import program, wiring
from driver.config.model import DeployConfig
from driver.config.stackfile import line_of
from driver.errors import DeployError
from driver.findings.catalogue import IN_ACCOUNTS
from driver.findings.judge import judge, not_looked_at
from driver.findings.rule import Result
from driver.findings.subjects import AccessState, Boundary, Bucket, Function, Keys, Role, Subject, Trail, Unseen
from driver.plan.plan import Step
from driver.run.requests import RunFacts
from driver.run.states import States
from driver.values import EnterAs, Layer, Operation, Stack

T = TypeVar("T")

Outputs = Mapping[str, Any] | Unseen


@dataclass(frozen=True)
class Look:
    """One account: its access stack, its service stack unless it is the tools account, and what the states know.

    `exposed`: a state of the access stack stands in the bucket that Jenkins writes.
    """

    config: DeployConfig
    access: Stack
    service: Stack | None
    service_stands: bool
    outputs: Outputs
    exposed: bool | Unseen

    def subjects(self, eyes: Inspection) -> Iterator[Subject]:
        """Everything of the account, with what the eyes see of it."""
        stack = self.access
        things, documents = program.inventory(self.config, stack), program.documents(self.config, stack)
        boundary = f"arn:aws:iam::{stack.account}:policy/{things['boundary']}"
        for key, role in things["roles"].items():
            yield Role(
                *_place(stack, role["name"]),
                trust=documents[f"{key}.trust"],
                policy=documents[f"{key}.policy"],
                boundary=boundary,
                max_session=role["maxSession"],
                recorded_id=self._recorded(key),
                seen=eyes.role(role["name"]),
            )
        yield Boundary(*_place(stack, things["boundary"]), documents["boundary"], eyes.policy(boundary))
        yield Trail(*_place(stack, things["trail"]), things["buckets"]["trail"], eyes.trail(things["trail"]))
        yield from self._buckets(eyes)
        yield AccessState(*_place(stack, self.config.backend.bucket), self.exposed)
        yield from self._function(eyes)
        yield Keys(*_place(stack, f"account {stack.account}"), eyes.keys())

    def _buckets(self, eyes: Inspection) -> Iterator[Bucket]:
        """The trail's, the service's, and in the tools account those of the states."""
        for stack in (self.access, self.service):
            if stack:
                documents = program.documents(self.config, stack)
                for key, name in program.inventory(self.config, stack)["buckets"].items():
                    seen = self._stands(stack, lambda name=name: eyes.bucket(name))  # type: ignore[misc]
                    yield Bucket(*_place(stack, name), documents[key], seen)
        if self.access.account == self.config.backend.account:
            config = self.config
            jenkins = config.jenkins_deploy_role, config.jenkins_preview_role
            own, other = config.backend.bucket, config.access_backend.bucket
            yield Bucket(*_place(self.access, own), bucket_policy(own), eyes.bucket(own))
            policy = access_bucket_policy(other, self.access.account, jenkins)
            yield Bucket(*_place(self.access, other), policy, eyes.bucket(other))

    def _function(self, eyes: Inspection) -> Iterator[Function]:
        if self.service:
            stack, name = self.service, program.inventory(self.config, self.service)["function"]
            yield Function(
                *_place(stack, name), stack.account, stack.region, self._stands(stack, lambda: eyes.function(name))
            )

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


def inspect(config: DeployConfig, tools: wiring.Tools | Unseen, facts: RunFacts) -> list[Result]:
    """Enter every account as an administrator, and judge what is there."""
    aws = wiring.session(config)
    looks = [_look(config, tools, facts, aws, stack) for stack in config.layer(Layer.ACCESS)]
    with ThreadPoolExecutor(max_workers=len(looks), thread_name_prefix="inspect") as pool:
        return [result for results in pool.map(lambda look: _judged(look, aws, facts), looks) for result in results]


def _look(config: DeployConfig, tools: wiring.Tools | Unseen, facts: RunFacts, aws: AwsSession, access: Stack) -> Look:
    state = wiring.state_store(config, aws)
    service = next((stack for stack in config.layer(Layer.SERVICE) if stack.env == access.env), None)
    try:
        stands = service is not None and state.exists(service.name)
        exposed = S3StateStore(aws, {access.name: config.backend}, config.project).exists(access.name)
        return Look(config, access, service, stands, _outputs(config, tools, facts, state, access), exposed)
    except DeployError as error:
        unseen = Unseen(str(error))
        return Look(config, access, service, service_stands=True, outputs=unseen, exposed=unseen)


def _outputs(
    config: DeployConfig, tools: wiring.Tools | Unseen, facts: RunFacts, state: S3StateStore, access: Stack
) -> Outputs:
    if isinstance(tools, Unseen):
        return tools
    engine = wiring.engine_of(
        config, tools, config.root / ".deploy" / "runs" / facts.run, States(state, config.project)
    )
    return engine.outputs(facts.request(Step(access, Operation.UP, EnterAs.BOOTSTRAP)))


def _judged(look: Look, aws: AwsSession, facts: RunFacts) -> list[Result]:
    step = Step(look.access, Operation.UP, EnterAs.BOOTSTRAP)
    entrance = step.entrance(facts.session_name(step))
    try:
        if entrance.role_arn:
            credentials = StsIdentity(aws).credentials(entrance, look.access.region)
            aws = AwsSession(look.access.region, keys=credentials.environment())
        return list(judge(look.subjects(Inspection(aws))))
    except DeployError as error:
        return list(not_looked_at(IN_ACCOUNTS, Unseen(str(error)), look.access.name))


def _place(stack: Stack, name: str) -> tuple[str, str, str, int]:
    """A subject's stack and name, and where the file says it."""
    return stack.name, name, stack.file.name, line_of(stack.file, name)
