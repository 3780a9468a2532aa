"""How a proof is put together: the facts of the accounts, who is who, and what is tried where."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Event
from typing import Any

from driver.adapters.aws import AwsSession
from driver.adapters.proof_world import AwsWorld
from driver.adapters.prove_sandbox import Stage
from driver.cli import wiring
from driver.config.model import DeployConfig
from driver.errors import UsageError
from driver.prove import catalogue, policies
from driver.prove.carry_out import Tell, carry_out
from driver.prove.case import Verdict
from driver.prove.facts import Facts, Target, Tools
from driver.prove.report import Report
from driver.run.naming import session_name
from driver.values import Layer, Stack


@dataclass(frozen=True)
class Proof:
    """A proof about to be made: of which accounts, of which cases, and how it is told and stopped."""

    config: DeployConfig
    chosen: Sequence[Stack]
    only: str
    run: str
    tell: Tell
    stopped: Event

    def make(self) -> Report:
        """Try everything. Raises NotReadyError where the access layers do not stand, UsageError where nothing is selected."""
        begin = time.monotonic()
        place = wiring.enter(self.config, wiring.ADMINISTRATOR, self.run)
        facts, world = self._facts(), self._world(place)
        if place.sandbox is None:
            verdicts = self._carried_out(facts, world, executed=False)
        else:
            with Stage(world, facts, self.config.sandbox_home / "prove.lock").standing() as standing:
                verdicts = self._carried_out(standing, world, executed=True)
        left_out = () if place.sandbox else catalogue.NOT_EXECUTED
        return Report(
            self.config.project,
            self.config.cloud.value,
            tuple(verdicts),
            left_out,
            time.monotonic() - begin,
            self.stopped.is_set(),
        )

    def _carried_out(self, facts: Facts, world: AwsWorld, *, executed: bool) -> list[Verdict]:
        trials = [*(catalogue.executed(facts) if executed else ()), *catalogue.evaluated(facts)]
        wanted = [trial for trial in trials if fnmatchcase(trial.case.id, self.only)]
        decided = [verdict for verdict in self._decided() if fnmatchcase(verdict.case.id, self.only)]
        if not wanted and not decided:
            raise UsageError(
                f"no case matches {self.only!r}",
                where="--only",
                remedy="for example --only 'trust.*@dev', or leave it out",
            )
        for verdict in decided:
            self.tell(verdict)
        return [*carry_out(wanted, world, tell=self.tell, stopped=self.stopped), *decided]

    def _decided(self) -> Iterator[Verdict]:
        """What the policies alone decide, for the chosen accounts and the tools account."""
        envs = {self.config.tools.env, *(stack.env for stack in self.chosen)}
        access = [stack for stack in self.config.layer(Layer.ACCESS) if stack.env in envs]
        documents = {stack.name: wiring.documents(self.config, stack) for stack in access}
        roles = [role for role in wiring.roles(self.config) if role.stack in documents]
        return policies.verdicts(roles, documents)

    def _world(self, place: wiring.Place) -> AwsWorld:
        sandbox, region = place.sandbox, self.config.backend.region

        def instance(name: str) -> AwsSession:
            endpoint = sandbox.instances[self._instance(name)] if sandbox else ""
            return AwsSession(region, metadata_endpoint=endpoint, checked=False)

        return AwsWorld(instance, {stack.account: stack.region for stack in self.config.stacks}, region)

    def _instance(self, role: str) -> str:
        """The machine whose instance profile gives the role."""
        machines = {
            self.config.jenkins_deploy_role: wiring.JENKINS_DEPLOY,
            self.config.jenkins_preview_role: wiring.JENKINS_PREVIEW,
        }
        return machines.get(role, wiring.ADMINISTRATOR)

    def _facts(self) -> Facts:
        config = self.config
        tools, made = config.tools, wiring.inventory(config, config.tools)
        known = {stack.name: self._target(stack) for stack in config.layer(Layer.SERVICE)}
        return Facts(
            Tools(
                account=tools.account,
                region=tools.region,
                deploy_role=config.jenkins_deploy_role,
                preview_role=config.jenkins_preview_role,
                state_bucket=config.backend.bucket,
                state_key=config.backend.key_alias,
                boundary=f"arn:aws:iam::{tools.account}:policy/{made['boundary']}",
                trail=_trail(tools, made["trail"]),
                trail_bucket=made["buckets"]["trail"],
            ),
            tuple(known[stack.name] for stack in self.chosen),
            tuple(known.values()),
        )

    def _target(self, stack: Stack) -> Target:
        config = self.config
        access = next(one for one in config.stacks if one.env == stack.env and one.layer is Layer.ACCESS)
        made, serves = wiring.inventory(config, access), wiring.inventory(config, stack)
        return Target(
            env=stack.env,
            account=stack.account,
            region=stack.region,
            session=session_name(config.project, stack.env, "prove", self.run),
            external_id=stack.external_id,
            longest=made["roles"]["deployment"]["maxSession"],
            deployment_role=stack.deployment_role,
            preview_role=stack.preview_role,
            bootstrap_role=stack.bootstrap_role,
            execution_role=made["roles"]["execution"]["name"],
            boundary=f"arn:aws:iam::{stack.account}:policy/{made['boundary']}",
            bucket=serves["buckets"]["items"],
            function=serves["function"],
            log_group=serves["logGroup"],
            trail=_trail(stack, made["trail"]),
            trail_bucket=made["buckets"]["trail"],
            bucket_policy=json.dumps(wiring.documents(config, stack)["items"]),
            trail_policy=json.dumps(wiring.documents(config, access)["trail"]),
        )


def _trail(stack: Stack, name: Any) -> str:
    return f"arn:aws:cloudtrail:{stack.region}:{stack.account}:trail/{name}"
