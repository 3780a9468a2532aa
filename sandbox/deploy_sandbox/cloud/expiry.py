"""A session that is past its time stays known, so that it is refused as expired.

AWS answers ExpiredToken, or ExpiredTokenException, for as long as somebody sends the token
(https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html). The emulator forgot an expired session when the next one
was made, and then called its key unknown: an error that no retry with fresh credentials can be hung on.
"""

from __future__ import annotations

import time

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.replace import replace

REMEMBERED_SECONDS = 86_400.0
"""How long after its end a session is still known."""


def install() -> None:
    """Forget sessions a day after they ended, not at once."""
    replace("services.sts", "_evict_expired_sessions", lambda _original: _forget_old_sessions)


def _forget_old_sessions() -> None:
    oldest = time.time() - REMEMBERED_SECONDS
    for key in [
        key for key, session in emulator.SESSIONS.items() if (session.get("Expiration") or time.time()) < oldest
    ]:
        del emulator.SESSIONS[key]
