"""The frame of a SARIF 2.1.0 file (OASIS, "Static Analysis Results Interchange Format"), which code hosts and Jenkins show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from deploy_driver.record.redaction import redact
from deploy_driver.version import VERSION

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif_log(
    verb: str,
    rules: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    *,
    complete: bool,
    notifications: Sequence[Mapping[str, Any]],
) -> Mapping[str, Any]:
    """The log of one run of `deploy VERB`; `notifications` say what was not looked at, since that is no result."""
    run = {
        "tool": {"driver": {"name": f"deploy {verb}", "version": VERSION, "rules": list(rules)}},
        "invocations": [{"executionSuccessful": complete, "toolExecutionNotifications": list(notifications)}],
        "results": list(results),
    }
    log: Mapping[str, Any] = redact({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    return log
