"""AWS CloudTrail controls (Security Hub User Guide)."""

from __future__ import annotations

from collections.abc import Callable

from tests.configuration.view import View
from tests.infra.program import Registered

TRAIL = "aws:cloudtrail/trail:Trail"


def account(view: View) -> list[Registered]:
    return view.account()


def records_all_regions(view: View, _: Registered) -> bool:
    """At least one trail logs in every region, and no selector takes management events out."""
    return any(
        trail.inputs.get("isMultiRegionTrail") is True
        and trail.inputs.get("enableLogging") is True
        and not {"eventSelectors", "advancedEventSelectors"} & set(trail.inputs)
        for trail in view.run.of(TRAIL)
    )


def has(setting: str) -> Callable[[View, Registered], bool]:
    """The trail says something for this setting, and not `false`."""
    return lambda _, trail: bool(trail.inputs.get(setting))
