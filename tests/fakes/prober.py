"""Deployed services that answer as told, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.errors import NotReadyError


@dataclass
class FakeProber:
    """Implements the Prober port: `answers` by URL; a URL that is not there does not answer."""

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    during: Callable[[], None] | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)

    def health(self, url: str, timeout: int) -> Mapping[str, Any]:
        self.asked.append((url, timeout))
        if self.during:
            self.during()
        if url not in self.answers:
            raise NotReadyError(f"{url}/health does not answer after {timeout} s: connection refused")
        return self.answers[url]
