"""Makes the engine's request for one step: the run's facts and the environment, nothing inherited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from deploy_driver.plan.plan import Step
from deploy_driver.run.build_info import session_name
from deploy_driver.values import EngineRequest, Operation, SessionLength
from deploy_project.stacks import TOOLS, project_of

BUCKET = "aws:s3/bucket:Bucket"
"""The type of what can be deleted only when it is empty, or when its state says that it may be emptied."""


@dataclass(frozen=True)
class RunFacts:
    """What is the same for every step of one run. `account` is the one that a run begins in, the tools account.

    `environment` is all that an engine's process may see. `sessions` says, by stack, how long a session AWS gives: known
    once every role has been entered. `targets` are the URNs that a stack's step is held to; all of them where none is named.
    `settings` go before those of the stack files, in this run only. `others` are the accounts that other projects deploy into.
    `machine` is who the run began as, known once AWS has said it.
    """

    run: str
    project: str
    build: str
    account: str
    environment: Mapping[str, str]
    sessions: Mapping[str, SessionLength] = field(default_factory=dict)
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()
    machine: str = ""

    def session_name(self, step: Step) -> str:
        """The session name and source identity of a step."""
        return session_name(self.project, step.stack.env, self.build, self.run)

    def emptying(self, step: Step, *, refresh: bool = False) -> EngineRequest | None:
        """An update of the stack's buckets alone, after which they may be deleted with what is in them; None when it has none.

        The provider deletes a bucket that is not empty only when the state says `forceDestroy`, and that says the program:
        in a destroy, by this fact (terraform-provider-aws, `aws_s3_bucket`, `force_destroy`).
        """
        buckets = [urn for urn, kind in step.existing.items() if kind == BUCKET]
        if not buckets:
            return None
        made = self.request(step, refresh=refresh)
        facts = {**made.facts, "deploy:emptyBuckets": "true"}
        return replace(made, facts=facts, targets=self._with_providers(step, buckets))

    def request(self, step: Step, *, refresh: bool = False) -> EngineRequest:
        """The step, as the engine needs it.

        A preview decides about the `up` of a whole stack that starts from what was last deployed: what differs in the cloud only,
        or beside the targets, is not in it.
        """
        name = self.session_name(step)
        session = self.sessions.get(step.stack.name)
        return EngineRequest(
            stack=step.stack.name,
            config_file=step.stack.file,
            facts={
                **self.settings,
                "deploy:enterAs": step.enter_as.value,
                "deploy:sessionName": name,
                **({"deploy:grantedDuration": str(session.got)} if session else {}),
                **({"deploy:otherAccounts": ",".join(self.others)} if self.others and step.stack.name == TOOLS else {}),
            },
            environment=self.environment,
            backend=step.stack.backend,
            refresh=refresh,
            targets=self._with_providers(step, self.targets.get(step.stack.name, ())),
            entrance=step.entrance(name),
            region=step.stack.region,
            machine=self.machine,
            decides=step.operation is Operation.UP and not refresh and step.stack.name not in self.targets,
        )

    def _with_providers(self, step: Step, urns: Sequence[str]) -> tuple[str, ...]:
        """These resources of the stack, and today's providers: those in the state belong to a session that is over."""
        stack = step.stack.name
        providers = f"urn:pulumi:{stack}::{project_of(self.project, stack)}::pulumi:providers:*::*"
        return (providers, *urns) if urns else ()
