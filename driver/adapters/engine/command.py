"""How the Automation API starts the Pulumi CLI for us: once per operation, with nothing inherited."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pulumi.automation import CommandError, CommandResult, PulumiCommand
from semver import VersionInfo

from driver.adapters.engine.process import EngineProcess
from driver.values import Tool

_NO_HISTORY = [
    {
        "kind": "update",
        "startTime": "1970-01-01T00:00:00.000Z",
        "message": "",
        "environment": {},
        "config": {},
        "result": "succeeded",
    }
]

_ANSWERS: Mapping[tuple[str, str], str] = {
    ("stack", "select"): "",
    ("stack", "output"): "{}",
    ("stack", "history"): json.dumps(_NO_HISTORY),
}
"""Questions that the SDK asks round each operation and that cost one CLI start each. Every command says `--stack`,
so nothing needs to be selected; outputs and summary come with the events."""


class EngineFailedError(CommandError):
    """The CLI ended with a code other than 0. `result` is all that it said."""

    def __init__(self, result: CommandResult) -> None:
        super().__init__(result)
        self.result = result


class EngineCommand(PulumiCommand):
    """The SDK's seam for running the CLI in one's own way."""

    def __init__(self, engine: Tool, process: EngineProcess) -> None:
        # Not the base's own: that would start the CLI to ask for the version, which is known.
        self.command = str(engine.path)
        self.version = VersionInfo.parse(engine.version.removeprefix("v"))
        self._process = process

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,  # noqa: ARG002 -- the SDK's signature; we never ask it to listen
        on_error: Callable[[str], Any] | None = None,  # noqa: ARG002 -- the same
    ) -> CommandResult:
        """Answer what is known, run everything else. Raises EngineFailedError."""
        answer = _ANSWERS.get((args[0], args[1])) if len(args) > 1 else None
        if answer is not None:
            return CommandResult(stdout=answer, stderr="", code=0)
        return self.start(args, cwd, additional_env)

    def start(self, args: list[str], cwd: str, environment: Mapping[str, str]) -> CommandResult:
        """Run the CLI, whatever it is asked. Raises EngineFailedError."""
        ended = self._process.run(
            [self.command, "--non-interactive", *args],
            cwd=cwd,
            environment={**environment, "PULUMI_AUTOMATION_API": "true"},
            name=args[0],
        )
        result = CommandResult(stdout=ended.stdout, stderr=ended.stderr, code=ended.code)
        if ended.code:
            raise EngineFailedError(result)
        return result
