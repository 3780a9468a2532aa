"""Functions whose code somebody changed, until it is put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deploy_driver.errors import DeployError, NotReadyError
from deploy_driver.values import ChangedCode, EngineRequest, LiveAlias


@dataclass
class FakeFunctionCode:
    """Implements the FunctionCode port. `others` is by stack; `restored` what was put back; `broken` is what putting back raises.

    `aliases` are those of the state, by stack; `leads` says by URN where one leads in the account, `gone` are versions that are no more.
    """

    others: Mapping[str, tuple[ChangedCode, ...]] = field(default_factory=dict)
    broken: DeployError | None = None
    restored: list[ChangedCode] = field(default_factory=list)
    aliases: Mapping[str, tuple[LiveAlias, ...]] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    def changed(self, request: EngineRequest) -> tuple[ChangedCode, ...]:
        return tuple(one for one in self.others.get(request.stack, ()) if one not in self.restored)

    def put_back(self, _request: EngineRequest, changed: ChangedCode) -> None:
        if self.broken:
            raise self.broken
        self.restored.append(changed)

    def live(self, request: EngineRequest) -> tuple[LiveAlias, ...]:
        return self.aliases.get(request.stack, ())

    def elsewhere(self, _request: EngineRequest, wanted: Sequence[LiveAlias]) -> Mapping[LiveAlias, str]:
        found = {one: self.leads.get(one.urn, "") for one in wanted}
        return {one: version for one, version in found.items() if version not in {"", one.version}}

    def lead(self, _request: EngineRequest, wanted: LiveAlias) -> None:
        if wanted.version in self.gone:
            raise NotReadyError(f"{wanted.function} has no version {wanted.version} any more")
        self.leads[wanted.urn] = wanted.version
