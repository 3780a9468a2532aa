"""The engine's events, translated into the driver's: what the screen shows, and what the report is made of."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deploy_driver.adapters.engine.advice import ours
from deploy_driver.adapters.engine.failures import Said, refuses_state
from deploy_driver.adapters.engine.properties import (
    diffs_of,
    keys_of,
    plain_value,
    uploads_of,
)
from deploy_driver.adapters.processes import process
from deploy_driver.placeholders import SECRET, UNKNOWN
from deploy_driver.ports import Emit
from deploy_driver.record.catalogue import Diagnostic, EngineStarted, ResourceDone, ResourceStarted
from deploy_driver.values import Changes, ResourceChange, Upload, Urn

if TYPE_CHECKING:
    from pulumi.automation.events import DiagnosticEvent, EngineEvent, StepEventMetadata


_STACK = "pulumi:pulumi:Stack"

_PROVIDERS = "pulumi:providers:"

_QUIET = {"same", "refresh", "read", "discard", "remove-pending-replace"}
"""Steps that leave the resource as it is."""

_IDENTIFYING = (
    *(
        "apiId",
        "arn",
        "bucket",
        "eventSourceArn",
        "function",
        "functionName",
        "integrationType",
        "integrationUri",
        "key",
    ),
    *("name", "namePrefix", "path", "policyArn", "queueUrl", "role", "routeKey", "rule", "stageName", "statementId"),
    *("targetId", "topic"),
)
"""Inputs by which a resource can be found in its account."""

_LONGEST = 500
"""Characters of such an input that are kept."""

_COLOURS = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*[A-Za-z]")

_SAID_AGAIN = "an unhandled error occurred: "
"""How the engine repeats what the program's own error was."""

_SAVING = "failed to save snapshot"
"""What the engine says of its own backend, though under the name of the resource that it wanted to write down."""

_EMPTY_WORDS = re.compile(r"^(update|preview|destroy|refresh) failed$")


class EventReader:
    """Takes the events of one call, one at a time and in order; says them as `emit`, and keeps the sum of them.

    `machine` is who the engine keeps its state as.
    """

    def __init__(self, stack: str, *, emit: Emit, preview: bool, tidy: Callable[[str], str], machine: str = "") -> None:
        self.stack = stack
        self.machine = machine
        self._tidy = tidy
        self._emit = emit
        self._preview = preview
        self._started: dict[tuple[str, str], float] = {}
        self._going: set[tuple[str, str]] = set()
        self._counted: dict[str, ResourceChange] = {}
        self._uploads: dict[str, tuple[Upload, ...]] = {}
        self.declared: Mapping[str, Any] = {}
        self.errors: list[Said] = []
        self.began = False
        self.ended = False

    @property
    def changes(self) -> Changes:
        """How many resources were, or would be, changed in which way."""
        counted = Counter(change.op for change in self._counted.values())
        return Changes(
            create=counted["create"] + counted["import"],
            update=counted["update"],
            replace=counted["replace"],
            delete=counted["delete"],
            same=counted["same"],
        )

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The stack's outputs; a preview gives it none, whatever the program has `declared`."""
        return {} if self._preview else self.declared

    @property
    def busy(self) -> bool:
        """Whether the engine is doing, or reading, anything in the cloud right now."""
        return bool(self._going)

    @property
    def state_refused(self) -> bool:
        """Whether the engine has said that it may write its state no more."""
        return any(refuses_state(error) for error in self.errors)

    @property
    def resources(self) -> tuple[ResourceChange, ...]:
        """Which resources were, or would be, changed; those left alone are only counted."""
        return tuple(change for change in self._counted.values() if change.op not in _QUIET)

    @property
    def uploads(self) -> tuple[Upload, ...]:
        """What the program hands to the resources, of those that are left alone too."""
        return tuple(upload for urn in sorted(self._uploads) for upload in self._uploads[urn])

    def engine_started(self, pid: int) -> None:
        """An engine works on the call; on record is one that may write the state."""
        if not self._preview:
            self._emit(EngineStarted(self.stack, process(pid)))

    def take(self, event: EngineEvent | str | int) -> None:
        """Translate one event, a line that the program printed, or the id of a process that an engine began as."""
        if isinstance(event, int):
            self.engine_started(event)
            return
        if isinstance(event, str):
            self._say("info", event)
            return
        self.began = self.began or event.prelude_event is not None
        self.ended = self.ended or event.cancel_event is not None
        if event.diagnostic_event:
            self._diagnosed(event.diagnostic_event)
        elif event.resource_pre_event:
            self._began(event.resource_pre_event.metadata)
        elif event.res_outputs_event:
            self._done(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            self._failed(event.res_op_failed_event.metadata)

    def _say(self, severity: str, message: str, urn: str = "") -> None:
        """Something the engine, a provider or the program has to say."""
        self._emit(Diagnostic(stack=self.stack, severity=severity, message=message, urn=urn))

    def _diagnosed(self, event: DiagnosticEvent) -> None:
        message = self._tidy(plain(event.message).removeprefix(_SAID_AGAIN))
        nothing_new = (
            not message or _EMPTY_WORDS.match(message) or any(message == error.message for error in self.errors)
        )
        if event.ephemeral or event.severity == "debug" or nothing_new:
            return
        severity = "info" if event.severity == "info#err" else event.severity
        if severity == "error":
            about = _is_about_a_resource(event.urn or "") and _SAVING not in message
            self.errors.append(Said(message, resource=about))
        self._say(severity, ours(message, self.stack), event.urn or "")

    def _began(self, step: StepEventMetadata) -> None:
        if counts(step):
            self._going.add((step.urn, step.op.value))
        if _is_work(step):
            self._started[step.urn, step.op.value] = time.monotonic()
            self._emit(ResourceStarted(self.stack, _change(step), self._preview, _identity(step)))

    def _done(self, step: StepEventMetadata) -> None:
        self._going.discard((step.urn, step.op.value))
        if step.type == _STACK and step.new:
            self.declared = plain_value(step.new.outputs or {})
        if not counts(step):
            return
        change = _change(step)
        if step.new:
            self._uploads[step.urn] = tuple(uploads_of(step.urn, step.new.inputs or {}))
        if step.logical:  # a replacement is one change, made of a creation and a deletion that are not
            change = replace(change, diffs=() if change.op in _QUIET else diffs_of(step))
            self._counted[step.urn] = change
        if change.op not in _QUIET:
            self._emit(self._finished(step, change, failed=False))

    def _failed(self, step: StepEventMetadata) -> None:
        self._going.discard((step.urn, step.op.value))
        self._emit(self._finished(step, _change(step), failed=True))

    def _finished(self, step: StepEventMetadata, change: ResourceChange, *, failed: bool) -> ResourceDone:
        began = self._started.get((step.urn, step.op.value))
        return ResourceDone(
            stack=self.stack,
            # What a preview found is said once, at its end.
            change=replace(change, diffs=()) if self._preview else change,
            preview=self._preview,
            failed=failed,
            seconds=round(time.monotonic() - began, 3) if began else 0.0,
            id="" if self._preview else _id(step),
        )


def plain(message: str) -> str:
    """A message without the engine's colour directives."""
    return _COLOURS.sub("", message).strip()


def counts(step: StepEventMetadata) -> bool:
    """What stands in the cloud counts: not the stack, not components, not provider entries.

    Provider entries carry the run's session name, so they change in every run.
    """
    state = step.new or step.old
    return state is not None and bool(state.custom) and not step.type.startswith(_PROVIDERS)


def _is_about_a_resource(urn: str) -> bool:
    """The stack's own URN stands for the program, and no URN for the engine itself."""
    return bool(urn) and Urn(urn).type != _STACK


def _is_work(step: StepEventMetadata) -> bool:
    return counts(step) and step.op.value not in _QUIET


def _identity(step: StepEventMetadata) -> tuple[str, ...]:
    """The inputs that are known before it is begun, and that are no secrets."""
    inputs = (step.new.inputs if step.new else None) or {}
    known = {key: plain_value(inputs[key]) for key in _IDENTIFYING if key in inputs}
    said = {key: value for key, value in known.items() if isinstance(value, str) and value not in {SECRET, UNKNOWN}}
    return tuple(f"{key}={value}" for key, value in said.items() if len(value) <= _LONGEST)


def _id(step: StepEventMetadata) -> str:
    state = step.new or step.old
    return str(state.id or "") if state else ""


def _change(step: StepEventMetadata) -> ResourceChange:
    return ResourceChange(urn=step.urn, op=step.op.value, keys=keys_of(step))
