"""Makes the engine's request for one step: the run's facts and the environment, nothing inherited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from driver.plan.plan import Step
from driver.run.naming import session_name
from driver.values import EngineRequest, SessionLength


@dataclass(frozen=True)
class RunFacts:
    """What is the same for every step of one run. `account` is the one that a run begins in, the tools account.

    `environment` is all that an engine's process may see. `sessions` says, by stack, how long a session AWS gives: known
    once every role has been entered.
    """

    run: str
    project: str
    build: str
    account: str
    environment: Mapping[str, str]
    sessions: Mapping[str, SessionLength] = field(default_factory=dict)

    def session_name(self, step: Step) -> str:
        """The session name and source identity of a step."""
        return session_name(self.project, step.stack.env, self.build, self.run)

    def request(self, step: Step, *, refresh: bool = False) -> EngineRequest:
        """The step, as the engine needs it."""
        name = self.session_name(step)
        session = self.sessions.get(step.stack.name)
        return EngineRequest(
            stack=step.stack.name,
            config_file=step.stack.file,
            facts={
                "deploy:enterAs": step.enter_as.value,
                "deploy:sessionName": name,
                "deploy:sourceIdentity": name,
                **({"deploy:grantedDuration": str(session.got)} if session else {}),
            },
            environment=self.environment,
            backend=step.stack.backend,
            refresh=refresh,
            entrance=step.entrance(name),
            region=step.stack.region,
        )
