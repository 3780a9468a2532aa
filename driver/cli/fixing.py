"""The work of `deploy drift --fix` after the look: may it be put back, at which commit, and an up that is held to what drifted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path

from driver.adapters import commit
from driver.adapters.commit import WorkTree
from driver.adapters.drift_ledger import write_ledger
from driver.adapters.git import Git
from driver.adapters.state import Deployed
from driver.bundle.model import ABSENT
from driver.cli import wiring
from driver.cli.drifting import Wanted, look
from driver.cli.operate import Begun, running
from driver.config.model import DeployConfig
from driver.drift.fix import FixFacts, fix_of, fixed
from driver.drift.report import Report
from driver.errors import DeployError, NotReadyError, RefusedError
from driver.plan.plan import Plan, make_plan
from driver.values import Operation


@dataclass(frozen=True)
class Carried:
    """What a run came to: the report, the exit code, and why nothing was put back, where that was refused."""

    report: Report
    code: int
    refused: DeployError | None = None


def carry_out(config: DeployConfig, begun: Begun, wanted: Wanted, fixer: Fixer | None) -> Carried:
    """Look, and put back where a fixer is given; its refusal keeps nobody from seeing what was seen."""
    refused = None
    with running(begun) as ending:
        report = look(config, begun, wanted)
        try:
            report = fixer.fix(report) if fixer else report
            ending.code = report.exit_code(differs=wanted.differs)
        except (NotReadyError, RefusedError) as error:
            refused = error
            ending.by(error)
    return Carried(report, ending.code, refused)


@dataclass(frozen=True)
class Fixer:
    """Puts back what drifted. `git` is asked at which commit the work tree is; `named` may be deleted or replaced.

    What was put back is closed in `ledger`: the engine wrote it, so that nobody need look again.
    """

    config: DeployConfig
    begun: Begun
    git: Git
    named: Collection[str]
    attended: bool
    ledger: Path

    def fix(self, report: Report) -> Report:
        """The report with what became of it. Raises RefusedError when it must not be, NotReadyError while a stack cannot be looked at."""
        if any(one.failure for one in report.looked):
            raise NotReadyError(
                "nothing is put back while a stack cannot be looked at",
                remedy="correct that first, or name the other stacks with --stacks",
            )
        fix = fix_of(report.looked, report.sorted, self.named)
        if not fix.targets:
            return replace(report, fixed=fixed(fix, None))
        if fix.refused:
            raise RefusedError(
                "to put this back something would be deleted or replaced",
                detail=fix.refused,
                remedy="if that is meant, name each with --allow-delete URN",
            )
        self._require_commit(fix.targets)
        facts = self.begun.run.facts
        held = FixFacts(**{field.name: getattr(facts, field.name) for field in fields(facts)}, targets=fix.targets)
        outcome = self.begun.run.runner.run(self._plan(fix.targets), held, refresh=True)
        now = datetime.fromtimestamp(self.begun.run.runner.clock.now(), UTC).isoformat(timespec="seconds")
        done = replace(report, fixed=fixed(fix, outcome, now))
        write_ledger(self.ledger, done.ledger)
        return done

    def _plan(self, targets: Mapping[str, object]) -> Plan:
        chosen = [step.stack for step in self.begun.plan.steps if step.stack.name in targets]
        return make_plan(Operation.UP, chosen, known=self.config.stacks, attended=self.attended)

    def _require_commit(self, stacks: Collection[str]) -> None:
        tree = commit.look(self.git, but=[self.config.root / ".deploy"])
        state = wiring.state_store(self.config, wiring.session(self.config))
        found = {stack: _mismatch(tree, state.deployed(stack)) for stack in stacks}
        wrong = [f"{stack}: {why}" for stack, why in found.items() if why]
        if wrong:
            raise RefusedError(
                "only what was last deployed is put back, and this is not it",
                detail=wrong,
                remedy="check out the commit that was last deployed, with nothing changed; or deploy with `deploy up --refresh`",
            )


def _mismatch(tree: WorkTree, deployed: Deployed | None) -> str:
    """Why the work tree is not what was last deployed; empty when it is."""
    if tree.commit == ABSENT:
        return "this is no git work tree, so nobody can say which commit it is"
    if deployed is None:
        return "nothing says of which commit it was last deployed"
    if deployed.dirty:
        return f"it was deployed from {deployed.commit[:12]} with changes that were not committed"
    if tree.commit != deployed.commit:
        return f"deployed was {deployed.commit[:12]}, this is {tree.commit[:12]}"
    return f"not committed: {', '.join(sorted(tree.changed))}" if tree.changed else ""
