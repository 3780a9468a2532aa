"""Sees to it that the engine never publishes, and never moves an alias to, function code that no run deployed.

The AWS provider does not plan on a function's code that somebody changed (terraform-provider-aws, `aws_lambda_function`):
the next update of anything else publishes it, and a refresh hands its version to the alias. So what was changed is put back
before the engine begins, and the engine then starts from the account as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deploy_driver.placeholders import UNKNOWN
from deploy_driver.ports import Emit, FunctionCode
from deploy_driver.record.catalogue import Diagnostic, ResourceDone, ResourceStarted
from deploy_driver.run.engine_over import EngineOver
from deploy_driver.values import ChangedCode, EngineReport, EngineRequest, EngineStatus, PropertyDiff, ResourceChange


@dataclass(frozen=True)
class DeployedCode(EngineOver):
    """The Engine port over another engine: what it changes begins from the function code that was deployed."""

    code: FunctionCode

    def preview(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `up` would do, with what it would put back first."""
        changed = self._changed(request, emit)
        report = self.engine.preview(_started_from(request, changed), emit)
        return with_code(report, changed)

    def up(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Put the deployed code back where it was changed, then make the stack what the program says."""
        changed = self._changed(request, emit)
        for one in changed:
            change = _change(one)
            emit(ResourceStarted(request.stack, change))
            self.code.put_back(request, one)
            emit(ResourceDone(request.stack, change))
        return with_code(self.engine.up(_started_from(request, changed), emit), changed)

    def _changed(self, request: EngineRequest, emit: Emit) -> Sequence[ChangedCode]:
        changed = self.code.changed(request)
        for one in changed:
            said = (
                f"the code of {one.function} is not what was deployed: deployed {one.deployed} as version {one.version}, "
                f"found {one.found}, newest version {one.newest}; `up` puts the deployed code back"
            )
            emit(Diagnostic(request.stack, "warning", said, one.urn))
        return changed


def with_code(report: EngineReport, changed: Sequence[ChangedCode]) -> EngineReport:
    """The report, with the code that was or would be put back; what a preview says of a version that will be another is unknown."""
    if report.status is not EngineStatus.SUCCEEDED:
        return report
    for one in changed:
        mine = _change(one)
        known = {change.urn: _not_moved_to(change, one) for change in report.resources}
        if one.urn in known:
            there = known[one.urn]
            mine = replace(there, keys=(*there.keys, *mine.keys), diffs=(*there.diffs, *mine.diffs))
        else:
            counts = report.changes
            report = replace(report, changes=replace(counts, update=counts.update + 1, same=max(counts.same - 1, 0)))
        report = replace(report, resources=tuple({**known, one.urn: mine}.values()))
    return report


def _started_from(request: EngineRequest, changed: Sequence[ChangedCode]) -> EngineRequest:
    """What was changed by hand beside the code is in the account alone, and so is the version that was put back."""
    return replace(request, refresh=request.refresh or bool(changed))


def _change(one: ChangedCode) -> ResourceChange:
    diffs = [
        *([PropertyDiff("codeSha256", "update", one.found, one.deployed)] if one.found != one.deployed else []),
        *([PropertyDiff("version", "update", one.newest, UNKNOWN)] if one.newest != one.version else []),
    ]
    return ResourceChange(one.urn, "update", tuple(diff.path for diff in diffs), tuple(diffs))


def _not_moved_to(change: ResourceChange, one: ChangedCode) -> ResourceChange:
    """An alias that would follow the version which somebody published follows the one that is put back."""
    diffs = (
        replace(diff, new=UNKNOWN) if diff.path == "functionVersion" and diff.new == one.newest != one.version else diff
        for diff in change.diffs
    )
    return replace(change, diffs=tuple(diffs))
