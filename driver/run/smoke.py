"""The smoke test: the deployed service answers as itself, from its own account, in the version just deployed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from driver.errors import NotReadyError
from driver.events.catalogue import SmokeTested
from driver.ports import Prober
from driver.values import Stack


def smoke_test(prober: Prober, stack: Stack, outputs: Mapping[str, Any]) -> SmokeTested:
    """Ask `/health` of the stack's `url` output. Raises NotReadyError when it does not answer, or answers as somebody else."""
    url = outputs.get("url")
    if not isinstance(url, str) or not url:
        raise NotReadyError(
            "the stack has no output `url` to ask", remedy="export `url` in the program's service layer"
        )
    health = prober.health(url, stack.smoke_timeout)
    expected = {"account": stack.account, "stack": stack.name, "version": str(outputs.get("version", ""))}
    wrong = [
        f"{key} is {health.get(key)!r}, expected {value!r}"
        for key, value in expected.items()
        if str(health.get(key)) != value
    ]
    if wrong:
        raise NotReadyError(f"{url}/health answers, but {'; '.join(wrong)}")
    return SmokeTested(stack.name, url, expected["version"], expected["account"])
