"""What a changed provider configuration means: who enters may change at every run, where it leads may not.

A run's session name and source identity are in the role chain, so the chain differs at every run: an update of the
provider, and nothing for its resources. Another region or account means other resources altogether.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.settings import OF_THE_ENGINE, Settings, settings

if TYPE_CHECKING:
    from collections.abc import Mapping


def changed_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    """The keys that differ, and those among them that put every resource of the provider somewhere else."""
    changed = frozenset(key for key in {*old, *new} - OF_THE_ENGINE if old.get(key) != new.get(key))
    before, after = settings(old), settings(new)
    if before is None or after is None:
        return changed, frozenset()
    return changed, changed & _leading_elsewhere(before, after)


def _leading_elsewhere(before: Settings, after: Settings) -> set[str]:
    keys = {"region"} if before.region != after.region else set()
    if before.account and after.account and before.account != after.account:
        keys |= {"assumeRoles", "allowedAccountIds"}
    return keys
