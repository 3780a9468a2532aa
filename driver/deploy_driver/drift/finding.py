"""One difference: which side moved, in which property of which resource, what was expected and what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from deploy_driver.record.catalogue import Fact, Moved
from deploy_driver.values import Urn


@dataclass(frozen=True)
class Finding:
    """`path` is the property; empty where it is about the whole resource. `expected` is what the code says.

    `op` is what an `up` would do to the resource, in Pulumi's word.
    """

    stack: str
    account: str
    urn: str
    path: str
    moved: Moved
    fact: Fact
    expected: Any = None
    found: Any = None
    deployed: Any = None
    op: str = ""

    @property
    def type(self) -> str:
        """The Pulumi type token."""
        return Urn(self.urn).type

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return Urn(self.urn).name

    @property
    def key(self) -> str:
        """The same for the same difference, run after run, whatever its values are."""
        return hashlib.sha256(f"{self.stack} {self.urn} {self.path}".encode()).hexdigest()[:16]


def together(moved: Iterable[Moved]) -> Moved:
    """What differences of one resource come to."""
    sides = set(moved)
    return sides.pop() if len(sides) == 1 else Moved.BOTH
