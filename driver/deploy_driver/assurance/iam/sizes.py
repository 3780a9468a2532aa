"""How big a document is, counted as AWS counts, against the quota of its kind."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy_project.seam import QUOTAS, DocumentKind, kind_of

WARN_FROM = 0.8
"""The share of a quota from which a document is worth a warning."""


@dataclass(frozen=True)
class Size:
    """The size of one document, in characters, and the most it may have."""

    characters: int
    quota: int

    @property
    def share(self) -> float:
        """How much of the quota is taken; above 1 is too much."""
        return self.characters / self.quota

    @property
    def too_big(self) -> bool:
        """Whether AWS will refuse it."""
        return self.characters > self.quota

    @property
    def near(self) -> bool:
        """Whether it is time to think of making it smaller."""
        return not self.too_big and self.share >= WARN_FROM


def text(document: Mapping[str, Any]) -> str:
    """The document as it is sent: without spaces that say nothing."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def size(name: str, document: Mapping[str, Any]) -> Size:
    """The size of the document of that name."""
    kind, sent = kind_of(name), text(document)
    counted = "".join(sent.split()) if kind in {DocumentKind.INLINE, DocumentKind.MANAGED} else sent
    return Size(len(counted), QUOTAS[kind])
