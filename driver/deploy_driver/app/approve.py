"""The work of `deploy approve`: verify a saved plan, show it, and put a person's yes where nobody else could have put it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from deploy_driver import remedies
from deploy_driver.adapters import bundle_folder
from deploy_driver.adapters.approvals import S3Approvals, require_session_of
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.plan_key import KmsPlanKey
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.app.console import Console
from deploy_driver.app.reviewed_plan import approval_rule
from deploy_driver.app.session import ADMINISTRATOR, LocalProject, start_session
from deploy_driver.bundle.approval import Approval, tally
from deploy_driver.bundle.compare import expired, moment, rewritten
from deploy_driver.bundle.model import Bundle
from deploy_driver.bundle.seal import unseal
from deploy_driver.digest import digest
from deploy_driver.errors import RefusedError, UsageError
from deploy_driver.record.redaction import one_line
from deploy_driver.values import Cloud, ResourceChange
from deploy_project.accounts import Entrance
from deploy_project.stacks import role_arn

_ORDER = ("delete", "replace", "update", "create")
"""What takes something away first."""


def approve(project: LocalProject, folder: Path, console: Console, *, yes: bool) -> str:
    """Approve the plan in the folder; what was approved, in one line. Raises DeployError."""
    config = project.config
    if not config.approver_role:
        raise UsageError("nobody may approve plans here", remedy=remedies.NAME_APPROVER_ROLE)
    sealed = bundle_folder.read(folder)
    aws = _approver(project)
    approvals = S3Approvals(aws, config.backend)
    caller, user = approvals.user()
    require_session_of(caller, config.tools.account, config.approver_role)
    bundle = unseal(sealed, KmsPlanKey(aws, config.backend.region, config.plan_key))
    now = WallClock().now()
    if wrong := [mismatch.fact for mismatch in (*expired(bundle, now), *rewritten(bundle, sealed.document))]:
        raise RefusedError("this plan cannot be applied any more; nothing was approved", detail=wrong)
    _require_other(project, bundle, Approval(config.approver_role, user, now))
    for line in (*shown(bundle), f"{digest(sealed.content)}; all of it is in {folder / bundle_folder.DOCUMENT}"):
        console.notice(line)
    _require_yes(console, bundle, user, yes=yes)
    if not approvals.give(sealed.content, config.approver_role, user):
        return f"{user} has approved plan {bundle.id} before"
    return f"plan {bundle.id} is approved by {user}, until {moment(bundle.expires)}"


def _approver(project: LocalProject) -> AwsSession:
    """On AWS whoever is at this machine. In the sandbox nobody has an identity: its user becomes a session of the approvers' role."""
    config, session = project.config, start_session(project, ADMINISTRATOR)
    if config.cloud is Cloud.AWS:
        return session.aws
    name = project.machine.environment.get("USER") or "approver"
    entrance = Entrance(role_arn(config.tools.account, config.approver_role), name)
    keys = session.identity.credentials(entrance, config.backend.region)
    return AwsSession(config.backend.region, keys=keys.environment())


def _require_other(project: LocalProject, bundle: Bundle, mine: Approval) -> None:
    """Raise RefusedError where the approval would not count; where this clone does not have the commit, the run decides."""
    rule = replace(approval_rule(project.config, bundle), role=mine.role)
    found = tally([mine], rule, project.git.authors(bundle.binding.commit))
    if not found.counted:
        raise RefusedError(
            "your approval would not count; nothing was approved",
            detail=found.others,
            remedy=remedies.OTHER_APPROVER,
        )


def shown(bundle: Bundle) -> Iterator[str]:
    """The plan in a few lines: where it comes from, then each stack's changes, what takes something away first."""
    binding = bundle.binding
    yield f"plan {bundle.id} of {binding.project}, commit {binding.commit}, saved by {bundle.saved_by}, until {moment(bundle.expires)}"
    for stack in binding.stacks:
        changes = [ResourceChange(step.urn, step.op) for step in stack.steps if step.op in _ORDER]
        counts = ", ".join(
            f"{sum(one.op == op for one in changes)} to {op}" for op in _ORDER if any(one.op == op for one in changes)
        )
        yield f"{stack.stack} ({stack.account}): {counts or 'no changes'}"
        for one in sorted(changes, key=lambda one: (_ORDER.index(one.op), one.urn)):
            yield f"  {one_line(f'{one.op} {one.type} {one.name}')}"
    for urn in bundle.allow_delete:
        yield one_line(f"allowed although it holds data: {urn}")


def _require_yes(console: Console, bundle: Bundle, user: str, *, yes: bool) -> None:
    if yes:
        return
    if not console.prompt.present:
        raise RefusedError("approve asks, and nobody is at the terminal", remedy=remedies.READ_THEN_YES)
    if not console.prompt.confirm(f"Approve plan {bundle.id} as {user}?"):
        raise RefusedError("the answer was no; nothing was approved")
