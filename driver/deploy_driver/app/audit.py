"""The work of `deploy audit`: which run, which accounts, who reads them, and reading again while the trail is behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.records import record_in
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.adapters.trail import DeliveredTrail, HistoryTrail
from deploy_driver.app import history, program
from deploy_driver.app.session import JENKINS_DEPLOY, LocalProject, Session, new_run, start_session
from deploy_driver.assurance.audit.gather import TrailSource, gather
from deploy_driver.assurance.audit.join import AuditPicture, Known, join
from deploy_driver.assurance.audit.run_record import RunRecord, record_of
from deploy_driver.config.model import DeployConfig
from deploy_driver.errors import NotReadyError, UsageError
from deploy_driver.plan.plan import Step
from deploy_driver.ports import Trail
from deploy_driver.record.joined import joined_story
from deploy_driver.record.reading import lines_of
from deploy_driver.record.story import story_of
from deploy_driver.run.build_info import application_id, began
from deploy_driver.values import Layer, Operation, Stack
from deploy_project.accounts import EnterAs

UNRECORDED = 43_200
"""Seconds that a run is looked for after the moment in its id, where no record of it says when it ended."""

PAUSE = 5
"""Seconds between two looks at a trail that is behind."""


@dataclass(frozen=True)
class Auditor:
    """Reads one run's trails in a session; `delivered`, from the trails' buckets."""

    session: Session
    run: RunRecord
    delivered: bool

    @property
    def config(self) -> DeployConfig:
        """The project's config."""
        return self.session.config

    def picture(self, places: Sequence[TrailSource]) -> AuditPicture:
        """The run as the trails tell it now."""
        now = WallClock().now()
        limit = None if self.run.kept else min(now, self.run.started + UNRECORDED)
        asked = replace(self.run, ended=self.run.ended or limit)
        applications = tuple(application_id(one) for one in self.run.ids)
        known = Known(self.run, self.config.tools.account, applications, self._looking(), now)
        return join(gather(asked, applications, places[0], places[1:], now), known)

    def places(self) -> list[TrailSource]:
        """The tools account and every target of the run, each with its trail. Raises NotReadyError where one refuses."""
        tools = self.config.tools
        return [
            TrailSource(tools.account, self._trail(self.session.aws, tools)),
            *(
                TrailSource(stack.account, self._trail(self._enter(stack), stack), stack.session_duration)
                for stack in self._targets()
            ),
        ]

    def _targets(self) -> list[Stack]:
        """The access stack of every account that the run was about; of all accounts when nothing says which."""
        access = [stack for stack in self.config.layer(Layer.ACCESS) if stack.deployment_role]
        if not self.run.kept:
            return access
        there = {stack.account for stack in self.config.stacks if stack.name in self.run.stacks}
        return [stack for stack in access if stack.account in there]

    def _enter(self, stack: Stack) -> AwsSession:
        return self.session.enter(Step(stack, Operation.PREVIEW, EnterAs.PREVIEW))

    def _trail(self, aws: AwsSession, stack: Stack) -> Trail:
        if not self.delivered:
            return HistoryTrail(aws, stack.account, stack.region)
        bucket = program.inventory(self.config, stack, "buckets.trail").buckets["trail"]
        return DeliveredTrail(aws, stack.account, self.config.tools.region, bucket)

    def _looking(self) -> frozenset[str]:
        return frozenset(stack.role_arn(EnterAs.PREVIEW) for stack in self.config.stacks)


def run_of(config: DeployConfig, run: str) -> RunRecord:
    """What is known of the run beforehand. Raises UsageError when that is no run, or one of another cloud."""
    try:
        moment = began(run)
    except ValueError as error:
        raise UsageError(str(error), remedy=remedies.RUN_ID) from None
    folder = config.kept / "runs" / run
    record = record_in(folder)
    if not record:
        return RunRecord(run, moment)
    try:
        found = record_of(run, story_of(lines_of(record)))
    except ValueError as error:
        raise NotReadyError(f"the run's record cannot be read: {error}", where=str(folder)) from None
    return _on(config, found)


def _on(config: DeployConfig, found: RunRecord) -> RunRecord:
    if found.cloud != config.cloud:
        raise UsageError(
            f"run {found.run} was on {found.cloud}, not on {config.cloud}",
            remedy=remedies.PASS_CLOUD.of(cloud=found.cloud),
        )
    return found


def _joined(project: LocalProject, run: str, notice: Callable[[str], None]) -> RunRecord | None:
    """The run over several agents of that id, by the records of its parts; None where it is none."""
    parts = history.parts(history.records(project, notice), run)
    return _on(project.config, record_of(run, joined_story(run, parts))) if parts else None


def audit_run(
    project: LocalProject, run: str, *, delivered: bool, wait: int, notice: Callable[[str], None]
) -> AuditPicture:
    """The picture of the run, looked at again for `wait` seconds while something may still come; `notice` hears why.

    `run` may be `latest`. Raises UsageError when nobody knows the run, NotReadyError when a trail cannot be read.
    """
    if run == history.LATEST:
        run = history.latest(history.records(project, notice), project.config.cloud)
    record = run_of(project.config, run)
    if not record.kept:
        record = _joined(project, run, notice) or record
    auditor = Auditor(start_session(project, JENKINS_DEPLOY, new_run()), record, delivered)
    clock = WallClock()
    places = auditor.places()
    end = clock.now() + wait
    picture = auditor.picture(places)
    while picture.may_still_come and (left := end - clock.now()) > 0:
        notice(f"{picture.said()}; looking again for {left:.0f} s")
        clock.sleep(min(PAUSE, left))
        picture = auditor.picture(places)
    if not picture.accounts and not record.kept:
        raise UsageError(
            f"no run {run}: nothing here and nothing in the trails of {len(places)} accounts tells of it",
            remedy=remedies.RUNS_OF_FOLDER,
        )
    return picture
