"""What `--affected --base REF` means: which stacks, why, and what is left to somebody else."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_driver import remedies
from deploy_driver.app.session import LocalProject
from deploy_driver.errors import UsageError
from deploy_driver.plan.affected import Selection, affected
from deploy_driver.record.catalogue import StackLeftOut, StackSelected
from deploy_driver.values import Layer, Operation


@dataclass(frozen=True)
class Since:
    """The stacks of one layer that the change since `base` concerns."""

    base: str
    layer: Layer = Layer.SERVICE


def since(base: str | None, *, affected: bool, named: bool, access: bool = False) -> Since | None:
    """What the options mean together; None when stacks are chosen by name. Raises UsageError.

    `named`: --stacks or --all was said as well.
    """
    if not affected:
        if base is not None or access:
            raise UsageError(f"{'--base' if base is not None else '--access'} belongs to --affected")
        return None
    if named:
        raise UsageError("--affected, --stacks and --all contradict each other", remedy=remedies.PASS_ONE)
    if not base:
        raise UsageError("--affected since when?", remedy=remedies.PASS_SOME_BASE)
    return Since(base, Layer.ACCESS if access else Layer.SERVICE)


def affected_since(project: LocalProject, wanted: Since) -> Selection:
    """What the change concerns. Raises UsageError or NotReadyError when nobody can say."""
    config, change = project.config, project.change_since(wanted.base)
    if change.at(config.program).startswith(("..", "/")):
        raise UsageError(
            f"the program is outside of this repository: {config.program}",
            where="Pulumi.yaml: main",
            remedy=remedies.UNKNOWN_CHANGES,
        )
    return Selection(change, wanted.layer, affected(change, config.stacks, config.program))


def selection_events(selection: Selection, operation: Operation) -> tuple[StackSelected | StackLeftOut, ...]:
    """The selection as events: what is part of the run and what is left out, each with its reasons."""
    base = selection.change.base
    why = _why_left_out(selection.layer, operation)
    return (
        *(StackSelected(one.stack.name, base, one.reasons) for one in selection.selected),
        *(StackLeftOut(one.stack.name, base, one.reasons, why) for one in selection.left_out),
    )


def _why_left_out(layer: Layer, operation: Operation) -> str:
    if layer is Layer.ACCESS:
        return "not part of this run: --access selects access layers only"
    if operation is Operation.PREVIEW:
        return (
            "not part of this run: an access layer is an administrator's, who sees what would change with --access; "
            "Jenkins' preview role cannot"
        )
    return "not part of this run: an access layer is an administrator's, who changes it with `deploy bootstrap`"
