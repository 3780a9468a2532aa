"""Digests of content: what bundles, records and copies of states are compared by."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

SHOWN = len("sha256:") + 12
"""Characters of a digest that people are shown."""


def shown(hexadecimal: str) -> str:
    """The beginning of a SHA-256 that is given as hex digits alone, as people are shown it."""
    return f"sha256:{hexadecimal}"[:SHOWN]


def digest(content: bytes) -> str:
    """`sha256:` and 64 hex digits."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_of(files: Mapping[str, bytes]) -> str:
    """One digest of many files: of the sorted list of their names and digests, so that no name can pass for content."""
    listed = [[name, digest(files[name])] for name in sorted(files)]
    return digest(json.dumps(listed, separators=(",", ":"), ensure_ascii=True).encode("ascii"))
