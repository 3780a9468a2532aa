"""Reviewed plans: `deploy preview --save` keeps a preview, bound and signed; `deploy up --plan` applies what was reviewed, or nothing.

the signature                    nothing in the plan is believed before it holds
its use, expiry, and every fact  nothing of the program has been run before all of them hold
a preview of every stack         under the preview roles, as it was reviewed; nothing is touched before all are the same
the run                          like any other, and right before each stack its state and its steps are compared again;
                                 before the first the plan is put on record as used
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from deploy_driver import remedies
from deploy_driver.adapters import bundle_folder
from deploy_driver.adapters.sources import import_from_sources
from deploy_driver.app import program
from deploy_driver.app.binding import Binder
from deploy_driver.app.console import Console
from deploy_driver.app.deploy import (
    Options,
    RunContext,
    RunPlan,
    RunResult,
    choose,
    require_reason,
    running,
    start_run,
)
from deploy_driver.app.session import JENKINS_DEPLOY, LocalProject, new_run, start_session
from deploy_driver.bundle.approval import ApprovalRule, tally
from deploy_driver.bundle.compare import Mismatch, expired, mismatches, moment, rewritten, steps_of
from deploy_driver.bundle.model import ABSENT, FORMAT, Binding, Bundle
from deploy_driver.bundle.seal import Sealed, seal, unseal
from deploy_driver.choices import OnFailure
from deploy_driver.config.duration import DAY, seconds_of
from deploy_driver.config.model import DeployConfig
from deploy_driver.digest import digest
from deploy_driver.errors import RefusedError, UsageError
from deploy_driver.plan.loss import not_allowed
from deploy_driver.plan.plan import make_plan
from deploy_driver.ports import Emit, UsedPlans
from deploy_driver.record.catalogue import CheckFailed, CheckPassed, Diagnostic, Event, PlanApproved, Progress, Result
from deploy_driver.run.gates import Gate, approvals_of, loss_of, reviewed_gates, unlike, used
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.values import Layer, Operation, Stack


@dataclass(frozen=True)
class Saving:
    """Where the plan is kept, how many seconds it holds, and whether files that are not committed may be in it."""

    folder: Path
    seconds: int
    allow_dirty: bool

    def plan_and_save(
        self, project: LocalProject, options: Options, chosen: Sequence[Stack], console: Console, why: Sequence[Event]
    ) -> tuple[RunOutcome, int]:
        """Preview under the preview roles, and save when every stack could be previewed; the outcome and the exit code."""
        _check(options, chosen)
        session = start_session(project, JENKINS_DEPLOY, new_run())
        begun = start_run(project, options, chosen, console, session)
        run = begun.run
        with running(begun) as ending:
            for event in why:
                run.stream(event)
            binder = Binder(project.config, run.tools, session.environment, session.state_store(), self.folder)
            binding = binder.bind(begun.plan)
            if not self.allow_dirty:
                _refuse_dirty(binding)
            outcome = run.deployer.run(begun.plan, run.facts, workers=begun.workers)
            ending.code = outcome.exit_code(differs=options.differs)
            if all(step.result is Result.SUCCEEDED for step in outcome.steps):
                _refuse_moved(binding, binder.bind(begun.plan))
                _refuse_lost(outcome, options.allowed)
                ending.waits = self._save(begun, binding, outcome, options.reason or session.build_info.reason)
            else:
                run.stream(Progress("no plan is saved: not every stack could be previewed"))
        return outcome, ending.code

    def _save(self, begun: RunContext, binding: Binding, outcome: RunOutcome, reason: str) -> str:
        """Save it; who has to approve it, empty where nobody has to."""
        from deploy_driver.render.preview import plan_as_markdown

        run, session = begun.run, begun.session
        now = int(run.deployer.clock.now())
        bundle = Bundle(
            format=FORMAT,
            id=run.facts.run,
            created=now,
            expires=now + self.seconds,
            saved_by=session.identity.caller().arn,
            document="",
            allow_delete=tuple(
                change.urn for step in outcome.steps for change in not_allowed(step.resources, step.changes, ())
            ),
            config=run.facts.settings,
            binding=_with_steps(binding, outcome),
        )
        document = plan_as_markdown(bundle, outcome, reason).encode()
        sealed = seal(replace(bundle, document=digest(document)), document, session.plan_key())
        bundle_folder.write(self.folder, sealed)
        run.stream(Progress(f"saved the plan {bundle.id} in {self.folder}; it holds until {moment(bundle.expires)}"))
        needed = approval_rule(session.config, bundle).needed
        if not needed:
            return ""
        way = f"`deploy approve {self.folder}`; the plan's digest is {digest(sealed.content)}"
        run.stream(Progress(f"it needs {approvals_of(needed)}: {way}"))
        return f"the plan {bundle.id} needs {approvals_of(needed)}: {way}"


def saving(
    folder: Path | None, expires_in: str | None, *, allow_dirty: bool, allow_delete: Sequence[str]
) -> RunPlan | None:
    """The way to carry out a preview that is saved; None when it is not to be. Raises UsageError."""
    if folder is None and expires_in is None and not allow_dirty and not allow_delete:
        return None
    if folder is None:
        said = "--expires-in, --allow-dirty and --allow-delete are for a plan that is saved"
        raise UsageError(said, remedy=remedies.PASS_SAVE)
    seconds = DAY if expires_in is None else seconds_of("--expires-in", expires_in, "24h")
    return Saving(folder, seconds, allow_dirty).plan_and_save


def _check(options: Options, chosen: Sequence[Stack]) -> None:
    if any(stack.layer is Layer.ACCESS for stack in chosen):
        raise UsageError(
            "a plan is saved of service layers only",
            remedy=remedies.ACCESS_IS_NOT_SAVED,
        )
    if options.refresh:
        raise UsageError("--refresh and --save contradict each other", remedy=remedies.SAVED_FROM_DEPLOYED)


def _refuse_dirty(binding: Binding) -> None:
    if binding.commit == ABSENT:
        raise RefusedError(
            "the project is in no git repository, so nobody can say what was reviewed; no plan is saved",
            remedy=remedies.COMMIT_OR_ALLOW_DIRTY_HERE,
        )
    if binding.changes:
        raise RefusedError(
            "the work tree is not what its commit says; no plan is saved",
            detail=[f"{how.split()[0]} {name}" for name, how in binding.changes.items()],
            remedy=remedies.COMMIT_OR_ALLOW_DIRTY,
        )


def _refuse_moved(before: Binding, after: Binding) -> None:
    moved = [mismatch.fact for mismatch in mismatches(before, after)]
    if moved:
        raise RefusedError(
            "something changed while it was previewed; no plan is saved", detail=moved, remedy=remedies.PREVIEW_AGAIN
        )


def _refuse_lost(outcome: RunOutcome, allowed: Collection[str]) -> None:
    lost = [change for step in outcome.steps for change in not_allowed(step.resources, step.changes, allowed)]
    if refusal := loss_of(lost):
        raise RefusedError(f"{refusal.cause}; no plan is saved", remedy=refusal.remedy)


def _with_steps(binding: Binding, outcome: RunOutcome) -> Binding:
    steps = {step.stack: steps_of(step.resources) for step in outcome.steps}
    return replace(binding, stacks=tuple(replace(stack, steps=steps[stack.stack]) for stack in binding.stacks))


CHECK = "reviewed plan"


def apply(project: LocalProject, options: Options, folder: Path, console: Console) -> RunResult:
    """Apply the plan in `folder`. Raises RefusedError with every difference by name."""
    if options.refresh or options.since:
        word = "--refresh" if options.refresh else "--affected"
        raise UsageError(f"{word} and --plan contradict each other", remedy=remedies.AS_IT_WAS_REVIEWED)
    for word, given in (("--allow-delete", options.allowed), ("--config", options.settings)):
        if given:
            raise UsageError(f"{word} and --plan contradict each other", remedy=remedies.PASS_WHEN_SAVING)
    if options.on_failure is OnFailure.CONTINUE:
        raise UsageError("--on-failure continue and --plan contradict each other", remedy=remedies.STOPS_AT_FAILURE)
    config = project.config
    import_from_sources(config.root)
    sealed = bundle_folder.read(folder)
    session = start_session(project, JENKINS_DEPLOY, new_run())
    bundle, state = unseal(sealed, session.plan_key()), session.state_store()
    chosen = _chosen(options, config, bundle)
    require_reason(project, options, chosen)
    settings = tuple(f"{key}={value}" for key, value in bundle.config.items())
    reviewed = replace(options, allowed=bundle.allow_delete, settings=settings, plan=bundle.id)
    begun = start_run(project, reviewed, chosen, console, session)
    with running(begun) as ending:
        binder = Binder(config, begun.run.tools, session.environment, state, folder)
        plans = session.archive()
        require([*_spent(bundle, plans), *_bound(begun, binder, bundle, sealed)], begun.run.stream)
        begun.run.stream(CheckPassed(CHECK, f"{bundle.id}, saved by {bundle.saved_by}, until {moment(bundle.expires)}"))
        program.check_settings(config, chosen)
        _require_approved(begun, project, folder, bundle, sealed)
        gates = reviewed_gates(bundle, state, plans, session.run, begun.run.deployer.gates)
        outcome = _carry_out(begun, config, chosen, bundle, gates)
        ending.code = outcome.exit_code()
    return RunResult(outcome, ending.code)


def approval_rule(config: DeployConfig, bundle: Bundle) -> ApprovalRule:
    """The strictest of what the plan's stacks ask for."""
    reviewed = {stack.stack for stack in bundle.binding.stacks}
    asking = [stack for stack in config.layer(Layer.SERVICE) if stack.name in reviewed and stack.approvals]
    author_may = all(stack.author_may_approve for stack in asking)
    return ApprovalRule(max((stack.approvals for stack in asking), default=0), config.approver_role, author_may)


def _require_approved(begun: RunContext, project: LocalProject, folder: Path, bundle: Bundle, sealed: Sealed) -> None:
    """Raise RefusedError while too few other people have approved the plan; put on record who has."""
    rule, plan, emit = approval_rule(project.config, bundle), digest(sealed.content), begun.run.stream
    if not rule.needed:
        return
    authors = frozenset[str]() if rule.author_may else _authors(begun, project, bundle)
    found = tally(begun.session.approvals().of(sealed.content), rule, authors)
    for one in found.counted:
        at = datetime.fromtimestamp(one.at, UTC).isoformat(timespec="seconds")
        emit(PlanApproved(plan, one.person, one.user, one.role, at))
    if len(found.counted) < rule.needed:
        have = ", ".join(one.person for one in found.counted) or "nobody"
        what = f"plan {bundle.id} has {approvals_of(len(found.counted))} ({have}) of {rule.needed}"
        remedy = remedies.HAVE_APPROVED.of(role=rule.role, folder=folder, plan=plan)
        emit(CheckFailed("approvals", "\n  ".join([what, *found.others]), remedy))
        raise RefusedError(f"{what}; nothing was touched", detail=found.others, remedy=remedy)
    emit(CheckPassed("approvals", f"approved by {', '.join(one.person for one in found.counted)}"))


def _authors(begun: RunContext, project: LocalProject, bundle: Bundle) -> frozenset[str]:
    """Who wrote what the plan deploys: its commit, and all since the commit that was last deployed to each stack.

    Raises RefusedError where nobody can say that.
    """
    git, commit, state = project.git, bundle.binding.commit, begun.session.state_store()
    authors = git.authors(commit)
    if not authors or bundle.binding.changes:
        what = "what is not committed" if authors else f"commit {commit}"
        raise RefusedError(
            f"nobody can say who wrote {what}, so nobody's approval counts; nothing was touched",
            remedy=remedies.KNOWN_COMMIT,
        )
    for stack in bundle.binding.stacks:
        deployed = state.deployed(stack.stack)
        since = git.authors_since(deployed.commit, commit) if deployed else frozenset[str]()
        if since is None:
            said = "only its own authors are known: this clone does not reach back to what was last deployed"
            begun.run.stream(Diagnostic(stack.stack, "warning", f"of commit {commit} {said}"))
        authors |= since or frozenset()
    return authors


def require(found: Iterable[Mismatch], emit: Emit) -> None:
    """Say every difference, and raise RefusedError with all of them when there is any."""
    differing = list(found)
    for mismatch in differing:
        emit(CheckFailed(CHECK, mismatch.fact, mismatch.remedy, mismatch.stack))
    if differing:
        raise RefusedError(
            f"{len(differing)} {'fact is' if len(differing) == 1 else 'facts are'} not as reviewed; nothing was touched",
            detail=[str(mismatch) for mismatch in differing],
        )


def _chosen(options: Options, config: DeployConfig, bundle: Bundle) -> Sequence[Stack]:
    """The stacks of the plan that there still are."""
    reviewed = {stack.stack for stack in bundle.binding.stacks}
    if options.all_stacks or options.stacks is not None:
        asked = {stack.name for stack in choose(config, options.stacks, all_stacks=options.all_stacks)}
        if asked != reviewed:
            raise UsageError(
                f"the plan is of {', '.join(sorted(reviewed))}, and {', '.join(sorted(asked)) or 'nothing'} was asked for",
                remedy=remedies.WHOLE_PLAN,
            )
    return [stack for stack in config.layer(Layer.SERVICE) if stack.name in reviewed]


def _spent(bundle: Bundle, plans: UsedPlans) -> Iterable[Mismatch]:
    other = plans.used_by(bundle.id)
    if other:
        yield used(bundle, other)


def _bound(begun: RunContext, binder: Binder, bundle: Bundle, sealed: Sealed) -> Iterable[Mismatch]:
    yield from expired(bundle, begun.run.deployer.clock.now())
    yield from rewritten(bundle, sealed.document)
    yield from mismatches(bundle.binding, binder.bind(begun.plan))


def _carry_out(
    begun: RunContext, config: DeployConfig, chosen: Sequence[Stack], bundle: Bundle, gates: tuple[Gate, ...]
) -> RunOutcome:
    run = begun.run
    run.stream(Progress("previewing every stack again: nothing is touched before all are as reviewed"))
    previews = make_plan(Operation.PREVIEW, chosen, known=config.stacks)
    again = run.deployer.run(previews, run.facts, workers=begun.workers)
    if any(step.result is not Result.SUCCEEDED for step in again.steps):
        return again
    require(unlike(bundle, again), run.stream)
    approved = frozenset(stack.name for stack in chosen)
    return replace(run.deployer, gates=gates, approved=approved).run(begun.plan, run.facts, workers=begun.workers)
