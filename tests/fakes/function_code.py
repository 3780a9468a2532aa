"""Functions whose code somebody changed, until it is put back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy_driver.errors import DeployError
from deploy_driver.values import ChangedCode, EngineRequest


@dataclass
class FakeFunctionCode:
    """Implements the FunctionCode port. `others` is by stack; `restored` what was put back; `broken` is what putting back raises."""

    others: Mapping[str, tuple[ChangedCode, ...]] = field(default_factory=dict)
    broken: DeployError | None = None
    restored: list[ChangedCode] = field(default_factory=list)

    def changed(self, request: EngineRequest) -> tuple[ChangedCode, ...]:
        return tuple(one for one in self.others.get(request.stack, ()) if one not in self.restored)

    def put_back(self, _request: EngineRequest, changed: ChangedCode) -> None:
        if self.broken:
            raise self.broken
        self.restored.append(changed)
