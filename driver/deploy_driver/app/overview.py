"""The work of `deploy report --all`: what is on record of every stack, account by account, and who may enter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from deploy_driver.adapters.terminal import WallClock
from deploy_driver.app.history import Records
from deploy_driver.config.model import DeployConfig
from deploy_driver.record.overview import (
    AccountOverview,
    MayEnter,
    Overview,
    RecordedRun,
    StackRecord,
    records_of_stacks,
)
from deploy_driver.record.standing import left_by
from deploy_driver.values import Stack
from deploy_project.stacks import TOOLS

MOST = 1_000
"""How many runs are looked through, newest first."""

AT_ONCE = 32
"""How many records are read before it is asked whether older ones have anything to add."""


def overview(known: Records, config: DeployConfig) -> Overview:
    """All accounts of the project, tools first. A record that says nothing is left out, with a notice.

    Raises NotReadyError where one may not be read: nobody could say then what runs where.
    """
    runs = runs_of(known, config, config.stacks)
    found = dict(zip(config.stacks, _records(config.stacks, runs), strict=True))
    accounts = tuple(
        AccountOverview(
            account,
            tuple(
                dict.fromkeys(
                    one for stack in config.stacks if stack.account == account for one in _may_enter(config, stack)
                )
            ),
            tuple((stack, record) for stack, record in found.items() if stack.account == account),
        )
        for account in dict.fromkeys(stack.account for stack in (config.tools, *config.stacks))
    )
    since = min((run.summary.began for run in runs), default="")
    return Overview(config.project, config.cloud, WallClock().now(), accounts, len(runs), since)


def _records(stacks: Sequence[Stack], runs: Sequence[RecordedRun]) -> tuple[StackRecord, ...]:
    return records_of_stacks([stack.name for stack in stacks], runs)


def runs_of(known: Records, config: DeployConfig, stacks: Sequence[Stack]) -> Sequence[RecordedRun]:
    """The newest runs of this project on this cloud, until older ones have nothing to add about these stacks."""

    def recorded(name: str) -> RecordedRun | None:
        try:
            lines = known.lines(name)
            found = RecordedRun(known.told(name, lines).summary, left_by(lines)) if lines else None
        except ValueError as error:
            known.notice(f"run {name} is left out: {error}")
            return None
        return found if found and found.left.of(config.project) and found.summary.cloud == config.cloud else None

    names, runs = known.names[:MOST], list[RecordedRun]()
    with ThreadPoolExecutor(max_workers=8, thread_name_prefix="overview") as pool:
        for first in range(0, len(names), AT_ONCE):
            runs += [run for run in pool.map(recorded, names[first : first + AT_ONCE]) if run]
            if all(stack.whole for stack in _records(stacks, runs)):
                break
    return runs


def _may_enter(config: DeployConfig, stack: Stack) -> Iterator[MayEnter]:
    """Who may become what in the account of a stack, as the settings say it."""
    tools = config.tools.account
    if stack.env == TOOLS:
        yield MayEnter(config.jenkins_deploy_role, "Jenkins' agents that deploy")
        yield MayEnter(config.jenkins_preview_role, "Jenkins' agents that preview")
    else:
        yield MayEnter(stack.deployment_role, f"{config.jenkins_deploy_role} of {tools}, to deploy")
        yield MayEnter(stack.preview_role, f"{config.jenkins_preview_role} of {tools}, to look")
    if stack.bootstrap_role:
        yield MayEnter(stack.bootstrap_role, "administrators, to bootstrap")
