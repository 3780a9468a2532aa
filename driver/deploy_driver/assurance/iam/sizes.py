"""How big a document is, counted as AWS counts, against the quota of its kind.

Source: IAM User Guide, "IAM and AWS STS quotas" (white space does not count in identity policies); AWS STS API Reference,
AssumeRole, `Policy` (every character counts); Amazon S3 User Guide, "Bucket policies" (20 KB).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

WARN_FROM = 0.8
"""The share of a quota from which a document is worth a warning."""


class Kind(StrEnum):
    """What a document is to AWS."""

    INLINE = "inline policy"
    MANAGED = "managed policy"
    TRUST = "trust policy"
    SESSION = "session policy"
    BUCKET = "bucket policy"


QUOTAS: Mapping[Kind, int] = {
    Kind.INLINE: 10_240,  # all inline policies of a role together; each role here has one
    Kind.MANAGED: 6_144,
    Kind.TRUST: 2_048,  # by default; up to 4,096 on request
    Kind.SESSION: 2_048,
    Kind.BUCKET: 20_480,
}


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


def kind_of(name: str) -> Kind:
    """What a document is, by the name that the program gives it; a name without an ending is a bucket's."""
    if name == "boundary":
        return Kind.MANAGED
    endings = {"policy": Kind.INLINE, "trust": Kind.TRUST, "session": Kind.SESSION}
    return endings.get(name.rpartition(".")[2], Kind.BUCKET)


def text(document: Mapping[str, Any]) -> str:
    """The document as it is sent: without spaces that say nothing."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def size(name: str, document: Mapping[str, Any]) -> Size:
    """The size of the document of that name."""
    kind, sent = kind_of(name), text(document)
    counted = "".join(sent.split()) if kind in {Kind.INLINE, Kind.MANAGED} else sent
    return Size(len(counted), QUOTAS[kind])
