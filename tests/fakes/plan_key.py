"""A key of plans that signs with a secret of its own."""

from __future__ import annotations

import hmac
from dataclasses import dataclass


@dataclass(frozen=True)
class FakePlanKey:
    """Implements the PlanKey port; another `secret` is another key."""

    secret: bytes = b"a key of a test"

    def sign(self, digest: bytes) -> bytes:
        return hmac.digest(self.secret, digest, "sha256")

    def verify(self, digest: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(self.sign(digest), signature)
