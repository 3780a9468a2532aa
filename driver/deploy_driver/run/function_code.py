"""Sees to it that the engine never publishes, and never moves an alias to, function code that no run deployed.

An alias that leads elsewhere than the state says is the other half of it: the engine would leave it there.

The AWS provider does not plan on a function's code that somebody changed (terraform-provider-aws, `aws_lambda_function`):
the next update of anything else publishes it, and a refresh hands its version to the alias. So what was changed is put back
before the engine begins, and the engine then starts from the account as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from deploy_driver.errors import NotReadyError
from deploy_driver.placeholders import UNKNOWN
from deploy_driver.ports import Emit, FunctionCode
from deploy_driver.record.catalogue import Diagnostic, Progress, Published, ResourceDone, ResourceStarted
from deploy_driver.run.engine_over import EngineOver
from deploy_driver.values import (
    ChangedCode,
    EngineReport,
    EngineRequest,
    EngineStatus,
    LiveAlias,
    PropertyDiff,
    ResourceChange,
)


@dataclass(frozen=True)
class DeployedCode(EngineOver):
    """The Engine port over another engine: what it changes begins from the function code that was deployed.

    `back` says, by stack, to which versions aliases lead before the engine makes the stack what it was then.
    """

    code: FunctionCode
    back: Mapping[str, Sequence[LiveAlias]] = field(default_factory=dict)

    def preview(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """What `up` would do, with what it would put back first."""
        changed, led = self._changed(request, emit), self._led_elsewhere(request, emit)
        report = self.engine.preview(_started_from(request, changed or led), emit)
        return with_code(report, changed)

    def up(self, request: EngineRequest, emit: Emit) -> EngineReport:
        """Put the deployed code back where it was changed, then make the stack what the program says.

        Where it goes back to earlier versions, aliases lead there at once.
        """
        changed, led = self._changed(request, emit), self._led_elsewhere(request, emit)
        self._lead_back(request, emit)
        for one in changed:
            change = _change(one)
            emit(ResourceStarted(request.stack, change))
            self.code.put_back(request, one)
            emit(ResourceDone(request.stack, change))
        report = with_code(self.engine.up(_started_from(request, changed or led), emit), changed)
        if report.status is EngineStatus.SUCCEEDED:
            self._say_live(request, emit)
        return report

    def _led_elsewhere(self, request: EngineRequest, emit: Emit) -> Mapping[LiveAlias, str]:
        """The aliases that lead elsewhere than the state says."""
        found = self.code.elsewhere(request, self.code.live(request))
        for one, version in found.items():
            said = (
                f"the alias {one.alias} of {one.function} leads to version {version}, and version {one.version} was deployed; "
                "`up` begins from the account as it is"
            )
            emit(Diagnostic(request.stack, "warning", said, one.urn))
        return found

    def _lead_back(self, request: EngineRequest, emit: Emit) -> None:
        """What cannot be switched so, the engine deploys: that only takes longer."""
        wanted = self.back.get(request.stack, ())
        try:
            for one, version in self.code.elsewhere(request, wanted).items():
                diff = PropertyDiff("functionVersion", "update", version, one.version)
                change = ResourceChange(one.urn, "update", (diff.path,), (diff,))
                emit(ResourceStarted(request.stack, change))
                self.code.lead(request, one)
                emit(ResourceDone(request.stack, change))
                said = f"the alias {one.alias} of {one.function} leads to version {one.version} again, and no longer to {version}"
                emit(Progress(said, request.stack))
        except NotReadyError as error:
            emit(Progress(f"no alias is switched beforehand: {error}", request.stack))

    def _say_live(self, request: EngineRequest, emit: Emit) -> None:
        """Put on record where aliases lead now; what cannot be asked is said: what was done is done."""
        try:
            found = self.code.live(request)
        except NotReadyError as error:
            emit(Diagnostic(request.stack, "warning", f"where aliases lead now could not be asked: {error}"))
            return
        for one in found:
            emit(Published(request.stack, one.urn, one.function, one.alias, one.version, one.digest))

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


def _started_from(request: EngineRequest, changed: object) -> EngineRequest:
    """What was changed by hand beside the code is in the account alone, and so is the version that was put back."""
    return replace(request, refresh=True, decides=False) if changed else request


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
