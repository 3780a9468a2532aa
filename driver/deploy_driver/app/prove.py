"""How a proof is put together: what is tried where, and what the documents decide."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from threading import Event

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.processes import process
from deploy_driver.adapters.records import RecordFile
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.app import program
from deploy_driver.app.deploy import choose
from deploy_driver.app.session import (
    ADMINISTRATOR,
    JENKINS_DEPLOY,
    JENKINS_PREVIEW,
    LocalProject,
    Session,
    new_run,
    start_session,
)
from deploy_driver.assurance.adapters.proof_world import AwsWorld
from deploy_driver.assurance.adapters.prove_fixtures import ProveFixtures
from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.assurance.prove import policies, proof
from deploy_driver.assurance.prove.case import Verdict
from deploy_driver.assurance.prove.facts import Facts, ProvedBucket, ProvedFunction, ProvedTarget, ProvedTools
from deploy_driver.assurance.prove.proof import AT_ONCE, Tell, at_once_on_aws, carry_out
from deploy_driver.assurance.prove.report import ProofReport, ended
from deploy_driver.assurance.prove.trust import organisation
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import ExitCode, UsageError
from deploy_driver.record.catalogue import Event as RunEvent
from deploy_driver.record.catalogue import RunDependsOn, RunStarted, StepStarted, Verb
from deploy_driver.record.stream import EventStream
from deploy_driver.run.build_info import session_name
from deploy_driver.run.outcome import finishing
from deploy_driver.values import Layer, Stack
from deploy_project.seam import Inventory
from deploy_project.stacks import arn

ALL_CASES = "*"
"""The pattern that matches every case."""


def facts_of(config: DeployConfig, chosen: Sequence[Stack], run: str) -> Facts:
    """The accounts; `chosen` are the service stacks that are proved. Raises UsageError."""
    tools, made = config.tools, program.inventory(config, config.tools, "buckets.trail")
    roles = program.roles(config)
    known = {stack.name: _target(config, stack, roles, run) for stack in config.layer(Layer.SERVICE)}
    return Facts(
        ProvedTools(
            account=tools.account,
            region=tools.region,
            deploy_role=config.jenkins_deploy_role,
            preview_role=config.jenkins_preview_role,
            project=config.project,
            state_bucket=config.backend.bucket,
            state_key=config.backend.key_alias,
            access_bucket=config.access_backend.bucket,
            access_key=config.access_backend.key_alias,
            plan_key=config.plan_key,
            boundary=arn("iam", f"policy/{made.boundary}", account=tools.account),
            trail=_trail(config, tools, made.trail),
            trail_bucket=made.buckets["trail"],
            approver_role=config.approver_role,
        ),
        tuple(known[stack.name] for stack in chosen),
        tuple(known.values()),
        roles,
    )


def world_of(config: DeployConfig, instances: Mapping[str, str]) -> AwsWorld:
    """AWS, for whoever asks. `instances`: the metadata endpoint of each machine; empty where only this one is there."""
    region = config.backend.region
    machines = {
        config.jenkins_deploy_role: JENKINS_DEPLOY,
        config.jenkins_preview_role: JENKINS_PREVIEW,
    }

    def instance(role: str) -> AwsSession:
        endpoint = instances.get(machines.get(role, ADMINISTRATOR), "")
        return AwsSession(region, metadata_endpoint=endpoint, checked=False)

    return AwsWorld(instance, {stack.account: stack.region for stack in config.stacks}, region)


def _target(config: DeployConfig, stack: Stack, roles: Iterable[RoleDefinition], run: str) -> ProvedTarget:
    access = config.access_of(stack)
    made = program.inventory(config, access, "roles.deployment", "buckets.trail")
    serves, policies_ = program.inventory(config, stack), program.documents(config, stack)
    says = program.documents(config, access, "deployment.trust", "preview.trust", "trail")
    policy = {name: json.dumps(document) for name, document in policies_.items()}
    return ProvedTarget(
        project=config.project,
        env=stack.env,
        account=stack.account,
        region=stack.region,
        session=session_name(config.project, stack.env, "prove", run),
        external_id=stack.external_id,
        organisation=organisation(says["deployment.trust"]),
        longest=made.roles["deployment"].max_session,
        deployment_role=stack.deployment_role,
        preview_role=stack.preview_role,
        bootstrap_role=stack.bootstrap_role,
        boundary=arn("iam", f"policy/{made.boundary}", account=stack.account),
        trail=_trail(config, stack, made.trail),
        trail_bucket=made.buckets["trail"],
        trail_policy=json.dumps(says["trail"]),
        roles=tuple(role for role in roles if role.stack == access.name),
        buckets=tuple(ProvedBucket(name, bucket, policy.get(name, "")) for name, bucket in serves.buckets.items()),
        functions=tuple(_functions(stack, serves)),
        things=tuple(serves.things),
    )


def _functions(stack: Stack, serves: Inventory) -> Iterator[ProvedFunction]:
    for name, function in serves.functions.items():
        its = arn("lambda", f"function:{function}", region=stack.region, account=stack.account)
        yield ProvedFunction(name, function, its, serves.log_groups[name], serves.runs_as[name])


def _trail(config: DeployConfig, stack: Stack, name: str) -> str:
    return arn("cloudtrail", f"trail/{name}", region=config.tools.region, account=stack.account)


def prove(
    project: LocalProject, stacks: str | None, only: str, tell: Tell, stopped: Event, *, all_stacks: bool = False
) -> ProofReport:
    """Prove the service stacks of those names, otherwise all, with their access layers: the cases that `only` matches.

    Raises NotReadyError where the access layers do not stand, UsageError where nothing is selected.
    """
    chosen = choose(project.config, stacks, all_stacks=all_stacks or stacks is None)
    if any(stack.layer is not Layer.SERVICE for stack in chosen):
        raise UsageError("a proof is about service stacks; their access layers are proved with them")
    program.check_settings(project.config, chosen)
    return Proof(project, chosen, only, new_run(), tell, stopped).make()


@dataclass(frozen=True)
class Proof:
    """A proof about to be made: of which accounts, of which cases, and how it is told and stopped."""

    project: LocalProject
    chosen: Sequence[Stack]
    only: str
    run: str
    tell: Tell
    stopped: Event

    @property
    def config(self) -> DeployConfig:
        """The project's config."""
        return self.project.config

    def make(self) -> ProofReport:
        """Try everything. Raises NotReadyError where the access layers do not stand, UsageError where nothing is selected."""
        session = start_session(self.project, ADMINISTRATOR, self.run)
        clock = WallClock()
        stream = self._stream(clock)
        with finishing(self.run, clock, stream) as ending:
            for event in self._begun(session):
                stream(event)
            report = self._tried(session)
            for event in ended(report, self._proved):
                stream(event)
            ending.code = ExitCode.FAILED if report.wrong else ExitCode.DONE
            if report.stopped:
                ending.code = ExitCode.INTERRUPTED
        return report

    @property
    def _proved(self) -> tuple[Stack, ...]:
        return (self.config.tools, *self.chosen)

    def _stream(self, clock: WallClock) -> EventStream:
        """Takes what is put on record: of a proof of all cases, as one of a few would stand for the whole."""
        whole = self.only == ALL_CASES
        record = [RecordFile(self.config.kept / "runs" / self.run)] if whole else []
        return EventStream(self.run, clock.now, keepers=record)

    def _begun(self, session: Session) -> Iterator[RunEvent]:
        stacks, info = self._proved, session.build_info
        names = tuple(stack.name for stack in stacks)
        place = self.config.cloud, names, "", "", session.endpoint
        yield RunStarted(self.run, Verb.PROVE, *place, **asdict(info), process=process())
        yield RunDependsOn("project", self.config.project)
        for stack in stacks:
            yield StepStarted(stack.name, stack.account, Verb.PROVE, "")

    def _tried(self, session: Session) -> ProofReport:
        begin = time.monotonic()
        facts = facts_of(self.config, self.chosen, self.run)
        world = world_of(self.config, session.sandbox.instances if session.sandbox else {})
        if session.sandbox is None:
            session.identity.caller()
            verdicts = self._carried_out(facts, world, executed=False)
        else:
            with ProveFixtures(world, facts, self.config.sandbox_home / "prove.lock").in_place() as in_place:
                verdicts = self._carried_out(in_place, world, executed=True)
        return ProofReport(
            self.config.project,
            self.config.cloud.value,
            tuple(verdicts),
            () if session.sandbox else proof.NOT_EXECUTED,
            time.monotonic() - begin,
            self.stopped.is_set(),
        )

    def _carried_out(self, facts: Facts, world: AwsWorld, *, executed: bool) -> list[Verdict]:
        trials = [*(proof.executed(facts) if executed else ()), *proof.evaluated(facts)]
        wanted = [trial for trial in trials if fnmatchcase(trial.case.id, self.only)]
        decided = [verdict for verdict in self._decided(facts) if fnmatchcase(verdict.case.id, self.only)]
        if not wanted and not decided:
            raise UsageError(
                f"no case matches {self.only!r}",
                where="--only",
                remedy=remedies.ONLY_CASES,
            )
        at_once = AT_ONCE if executed else at_once_on_aws(wanted)
        tried = carry_out(wanted, world, tell=self.tell, stopped=self.stopped, at_once=at_once)
        for verdict in decided:
            self.tell(verdict)
        return [*tried, *decided]

    def _decided(self, facts: Facts) -> Iterator[Verdict]:
        """What the documents alone decide, for the chosen accounts and the tools account."""
        envs = {self.config.tools.env, *(stack.env for stack in self.chosen)}
        access = [stack for stack in self.config.layer(Layer.ACCESS) if stack.env in envs]
        documents = {stack.name: program.documents(self.config, stack) for stack in access}
        roles = [role for role in facts.roles if role.stack in documents]
        return policies.verdicts(facts, roles, documents, program.access_states(self.config))
