"""What the SDK says beside the point is dropped, and nothing else is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from deploy_driver.adapters.engine.call import without_abandoned


def test_only_the_abandoned_coroutines_of_the_sdk_are_dropped() -> None:
    told: list[Any] = []
    hook = without_abandoned(told.append)
    ours = SimpleNamespace(object=SimpleNamespace(__name__="ours"))
    hook(SimpleNamespace(object=SimpleNamespace(__name__="run_pulumi_func")))
    hook(ours)
    assert told == [ours]
