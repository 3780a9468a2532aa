"""How a proof is put together: what is tried where, and what the documents decide."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Event

from driver.adapters.identity import StsIdentity
from driver.adapters.proof_world import AwsWorld
from driver.adapters.prove_sandbox import Stage
from driver.cli import program, wiring
from driver.cli.proof_facts import facts_of, world_of
from driver.config.model import DeployConfig
from driver.errors import UsageError
from driver.prove import catalogue, policies
from driver.prove.carry_out import AT_ONCE, AT_ONCE_ON_AWS, Tell, carry_out
from driver.prove.case import Verdict
from driver.prove.facts import Facts
from driver.prove.report import Report
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
        facts = facts_of(self.config, self.chosen, self.run)
        world = world_of(self.config, place.sandbox.instances if place.sandbox else {})
        if place.sandbox is None:
            StsIdentity(wiring.session(self.config)).caller()
            verdicts = self._carried_out(facts, world, executed=False)
        else:
            with Stage(world, facts, self.config.sandbox_home / "prove.lock").standing() as standing:
                verdicts = self._carried_out(standing, world, executed=True)
        return Report(
            self.config.project,
            self.config.cloud.value,
            tuple(verdicts),
            () if place.sandbox else catalogue.NOT_EXECUTED,
            time.monotonic() - begin,
            self.stopped.is_set(),
        )

    def _carried_out(self, facts: Facts, world: AwsWorld, *, executed: bool) -> list[Verdict]:
        trials = [*(catalogue.executed(facts) if executed else ()), *catalogue.evaluated(facts)]
        wanted = [trial for trial in trials if fnmatchcase(trial.case.id, self.only)]
        decided = [verdict for verdict in self._decided(facts) if fnmatchcase(verdict.case.id, self.only)]
        if not wanted and not decided:
            raise UsageError(
                f"no case matches {self.only!r}",
                where="--only",
                remedy="for example --only 'trust.*@dev', or leave it out",
            )
        at_once = AT_ONCE if executed else AT_ONCE_ON_AWS
        tried = carry_out(wanted, world, tell=self.tell, stopped=self.stopped, at_once=at_once)
        for verdict in decided:
            self.tell(verdict)
        return [*tried, *decided]

    def _decided(self, facts: Facts) -> Iterator[Verdict]:
        """What the documents alone decide, for the chosen accounts and the tools account."""
        envs = {self.config.tools.env, *(stack.env for stack in self.chosen)}
        access = [stack for stack in self.config.layer(Layer.ACCESS) if stack.env in envs]
        documents = {stack.name: program.documents(self.config, stack) for stack in access}
        roles = [role for role in program.roles(self.config) if role.stack in documents]
        return policies.verdicts(facts, roles, documents, program.access_states(self.config))
