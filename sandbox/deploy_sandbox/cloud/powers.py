"""The door to the test-only powers: expire a session, shorten those of the instances, fail calls, slow calls down.

It is shut unless the server was started with powers, and opens only for a request on loopback, addressed to loopback (so that
no web page can reach it through a name that resolves here), which carries the token of HOME/powers-token. For everybody else
every path below `/_sandbox/` is unknown.

    POST   /_sandbox/expire   {"accessKeyId": "ASIA…"} or {"roleName": "…", "account": optional}
    POST   /_sandbox/faults   {"action": "s3:PutBucketPolicy", "error": "SlowDown", "status": 503} or {"action": …, "does": "lose"}
    POST   /_sandbox/delays   {"action": "lambda:CreateFunction", "seconds": 2.5}
    POST   /_sandbox/lives    {"seconds": 8}: an instance's sessions last that long, and the metadata service says so
    DELETE /_sandbox/faults, /_sandbox/delays, /_sandbox/lives

`does` is one of `faults.Does`. Both take `"key": ".pulumi/locks/*"` (of S3), `"account"`, `"times": 1` (null: until cleared),
`"rate": 0.1` and the `"seed"` of its chance.
"""

from __future__ import annotations

import hmac
import json
import random
import time
from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator, faults, instance_profile
from deploy_sandbox.cloud.asgi import read_body, respond_json
from deploy_sandbox.cloud.faults import Does, FaultMatch, FaultRule, ServiceError

if TYPE_CHECKING:
    from deploy_sandbox.cloud.asgi import App, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

_PREFIX = "/_sandbox/"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_UNKNOWN = (404, {"message": "Not Found"})
_STATUS = 400


def wrap(app: App, config: CloudConfig) -> App:
    """Answer below `/_sandbox/`, and leave everything else to the application."""

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PREFIX):
            await app(scope, receive, send)
            return
        body = await read_body(receive)
        status, answer = _answer(scope, body) if _may(scope, config.powers_token) else _UNKNOWN
        await respond_json(send, status, answer)

    return guarded


def _may(scope: Scope, token: str | None) -> bool:
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1").rpartition(":")[0]
    return (
        token is not None
        and host in _LOOPBACK
        and hmac.compare_digest(headers.get(b"x-sandbox-powers", b""), token.encode())
    )


def _answer(scope: Scope, body: bytes) -> tuple[int, dict[str, Any]]:
    asked = scope["method"], scope["path"].removeprefix(_PREFIX)
    try:
        wanted = json.loads(body or b"{}")
        match asked:
            case ("POST", "expire"):
                return 200, {"expired": _expire(wanted)}
            case ("POST", "lives"):
                instance_profile.let_sessions_last(float(wanted["seconds"]))
            case ("DELETE", "lives"):
                instance_profile.let_sessions_last(instance_profile.LIFE_SECONDS)
            case ("POST", "faults"):
                faults.rules.append(_fault(wanted))
            case ("POST", "delays"):
                faults.rules.append(_rule(wanted, Does.DELAY, seconds=float(wanted["seconds"])))
            case ("DELETE", "faults" | "delays"):
                faults.clear(delays=asked[1] == "delays")
            case _:
                return _UNKNOWN
    except (ValueError, TypeError, KeyError) as error:
        return _STATUS, {"message": f"What {asked[1]} needs is missing or wrong: {error}."}
    return 200, {"rules": len(faults.rules)}


def _fault(wanted: dict[str, Any]) -> FaultRule:
    does = Does(wanted.get("does", Does.REFUSE))
    if does is Does.DELAY:
        raise ValueError("a delay is asked for at /_sandbox/delays")
    if does is not Does.REFUSE:
        return _rule(wanted, does)
    said = wanted.get("message", f"{wanted['error']}: asked for by a test.")
    return _rule(wanted, does, error=ServiceError(wanted["error"], wanted.get("status", _STATUS), said))


def _rule(wanted: dict[str, Any], does: Does, **more: Any) -> FaultRule:
    match = FaultMatch(wanted["action"], wanted.get("key"), wanted.get("account"))
    rate, chance = float(wanted.get("rate", 1)), random.Random(wanted.get("seed"))  # noqa: S311 -- a die, no secret
    return FaultRule(match, does, wanted.get("times", 1), rate, chance, **more)


def _expire(wanted: dict[str, Any]) -> int:
    """End the sessions that are meant, as if their time had come; how many there were."""
    key, role, account = wanted.get("accessKeyId"), wanted.get("roleName"), wanted.get("account")
    if not key and not role:
        raise KeyError("accessKeyId or roleName")
    ended = [
        session
        for known, session in emulator.SESSIONS.items()
        if known == key
        or (f":assumed-role/{role}/" in session.get("Arn", "") and account in (None, session.get("AccountId")))
    ]
    for session in ended:
        session["Expiration"] = time.time() - 1
    return len(ended)
