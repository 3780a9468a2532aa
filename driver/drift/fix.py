"""What may be put back: what the cloud has lost or was given behind the code's back, and nothing that the code changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from driver.drift.finding import Finding, Moved, together
from driver.drift.look import Looked
from driver.drift.sight import Sight
from driver.plan.plan import Step
from driver.run.requests import RunFacts
from driver.values import EngineRequest

_LOSES = frozenset({"delete", "replace"})
_LEAVES = frozenset({"", "same"})


@dataclass(frozen=True)
class Fix:
    """`targets` are the URNs to put back, by stack. `refused` is what would be lost and was not named, one line each.

    `left` is what the code changed too: to put it back would deploy that.
    """

    targets: Mapping[str, tuple[str, ...]]
    refused: tuple[str, ...]
    left: tuple[str, ...]


def fix_of(looked: Iterable[Looked], counted: Iterable[Finding], named: Collection[str]) -> Fix:
    """What to put back. `named` are the URNs of resources that may be deleted or replaced for it."""
    by_urn: dict[tuple[str, str], list[Finding]] = {}
    for finding in counted:
        by_urn.setdefault((finding.stack, finding.urn), []).append(finding)
    targets: dict[str, tuple[str, ...]] = {}
    refused, left = [], []
    for one in looked:
        mine = {urn: found for (stack, urn), found in by_urn.items() if stack == one.stack}
        drifted = {urn for urn, found in mine.items() if together(each.moved for each in found) is Moved.CLOUD}
        left += [f"{one.stack}: {urn}" for urn in mine if urn not in drifted]
        if not drifted:
            continue
        back = [sight for sight in one.sights.values() if sight.urn in drifted or _follows(sight, one)]
        refused += [
            f"{one.stack}: {sight.op} {sight.urn}" for sight in back if sight.op in _LOSES - _named(sight, named)
        ]
        targets[one.stack] = tuple(sight.urn for sight in back)
    return Fix(targets, tuple(refused), tuple(left))


def _named(sight: Sight, named: Collection[str]) -> frozenset[str]:
    return _LOSES if sight.urn in named else frozenset()


def _follows(sight: Sight, looked: Looked) -> bool:
    """Whether it changes only because something else does."""
    return sight.op not in _LEAVES and all(finding.urn != sight.urn for finding in looked.findings)


@dataclass(frozen=True)
class FixFacts(RunFacts):
    """The facts of a run that puts back: each stack's request is held to its targets, and to today's providers."""

    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def request(self, step: Step, *, refresh: bool = False) -> EngineRequest:
        """The step, as the engine needs it."""
        made = super().request(step, refresh=refresh)
        stack = step.stack.name
        providers = f"urn:pulumi:{stack}::{self.project}::pulumi:providers:*::*"
        return EngineRequest(
            stack=made.stack,
            config_file=made.config_file,
            facts=made.facts,
            environment=made.environment,
            backend=made.backend,
            refresh=refresh,
            targets=(providers, *self.targets[stack]),
        )
