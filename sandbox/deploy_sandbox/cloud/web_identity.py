"""AssumeRoleWithWebIdentity as AWS does it: a signed token of a known issuer, and a trust policy that is asked about what it says.

- The issuer must be an IAM OIDC provider of the role's account, and one of the token's audiences on that provider's list of clients.
- The signature must be by a key that the issuer publishes. AWS asks the issuer's own address; the sandbox, which lets nobody out, reads
  `issuers/NAME.json` in its home, a JSON Web Key Set, where NAME is the issuer without `https://`, percent-encoded.
- A token is taken until five minutes after its `exp`.
- The trust policy's keys are `ISSUER:sub` and `ISSUER:aud`, without `https://`, and `sts:RoleSessionName`.
- The session is a role's, so what it enters next is role chaining: one hour at most.

(STS API Reference, "AssumeRoleWithWebIdentity"; IAM User Guide, "OIDC federation" and "Available keys for AWS OIDC federation".) Only
RS256 is read. The emulator read the token without looking at its signature, its end or its issuer.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from deploy_sandbox.cloud import assume_role, bodies, emulator
from deploy_sandbox.cloud.assume_role import RoleNotGivenError
from deploy_sandbox.cloud.assume_role_request import AssumeRoleRequest
from deploy_sandbox.cloud.replace import replace
from deploy_sandbox.cloud.trail.recording import provider_assumed_role

if TYPE_CHECKING:
    from pathlib import Path

    from deploy_sandbox.cloud.emulator import Answer, Handler

ACTION = "AssumeRoleWithWebIdentity"
ADD_CLIENT = "AddClientIDToOpenIDConnectProvider"
LATE_SECONDS = 300
_UNREADABLE = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
_NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)


@dataclass(frozen=True)
class ProvenToken:
    """What a token says that was found to be true. `issuer` is without `https://`, `provider` the ARN of its IAM OIDC provider."""

    issuer: str
    provider: str
    subject: str
    audience: str


def install() -> None:
    issuers = emulator.state_folder().parents[1] / "issuers"
    replace("services.sts", "handle_request", lambda original: _assuming(original, issuers))
    replace("services.iam", "handle_request", _with_clients)


def _with_clients(original: Handler) -> Handler:
    """Another audience for a provider (IAM API Reference, "AddClientIDToOpenIDConnectProvider"), which the emulator does not know."""

    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        asked = {**query, **bodies.from_form(body)}
        if asked.get("Action") != [ADD_CLIENT]:
            return await original(method, path, headers, body, query)
        arn, client = asked["OpenIDConnectProviderArn"][0], asked["ClientID"][0]
        provider = emulator.IDENTITY_PROVIDERS.get(arn)
        answer: Answer
        if provider is None:
            answer = emulator.query_error(404, "NoSuchEntity", f"OIDC provider {escape(arn)} not found.", ns="iam")
        else:
            provider["ClientIDList"] = [*dict.fromkeys([*provider["ClientIDList"], client])]
            answer = emulator.query_answer(200, f"{ADD_CLIENT}Response", "", ns="iam")
        return answer

    return handle_request


def _assuming(original: Handler, issuers: Path) -> Handler:
    async def handle_request(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Answer:
        params = {**query, **bodies.from_form(body)}
        if params.get("Action") != [ACTION]:
            return await original(method, path, headers, body, query)
        return assume_role.answered(lambda: _assume(params, issuers))

    return handle_request


def _assume(params: dict[str, Any], issuers: Path) -> Answer:
    request = AssumeRoleRequest.read(params)
    token = proven(params.get("WebIdentityToken", [""])[0], request.account, issuers)
    caller = {
        "userArn": token.provider,
        "principalType": "WebIdentityUser",
        "accountId": request.account,
        "principalKeys": {
            f"{token.issuer}:sub".lower(): token.subject,
            f"{token.issuer}:aud".lower(): token.audience,
        },
    }
    role = emulator.role(request.account, request.role_name)
    if role is None or not assume_role.trusted(role, f"sts:{ACTION}", request, caller):
        raise RoleNotGivenError("AccessDenied", f"Not authorized to perform sts:{ACTION}")
    assume_role.check_duration(request, role, caller)
    session = assume_role.open_session(request, role, "", caller)
    provider_assumed_role(token.provider, token.subject, session)
    said = {
        "SubjectFromWebIdentityToken": token.subject,
        "Audience": token.audience,
        "Provider": token.provider,
    }
    more = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in said.items())
    return assume_role.answer(ACTION, request, session, more)


def proven(token: str, account: str, issuers: Path) -> ProvenToken:
    """The token, once its issuer, audience, signature and end are found to be right. Raises RoleNotGivenError with AWS's code."""
    header, claims, signature = _read(token)
    issuer = str(claims["iss"])
    host = issuer.removeprefix("https://")
    arn = f"arn:aws:iam::{account}:oidc-provider/{host}"
    provider = emulator.IDENTITY_PROVIDERS.get_scoped(account, None, arn)
    if provider is None or not issuer.startswith("https://"):
        what = f"No OpenIDConnect provider found in your account for {escape(issuer)}"
        raise RoleNotGivenError("InvalidIdentityToken", what)
    said = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    audience = next((one for one in said if one in provider["ClientIDList"]), None)
    if audience is None:
        raise RoleNotGivenError("InvalidIdentityToken", "Incorrect token audience")
    _check_signature(token.rpartition(".")[0], signature, _key(issuers / f"{quote(host, safe='')}.json", header))
    _check_end(int(claims["exp"]))
    return ProvenToken(host, arn, str(claims["sub"]), str(audience))


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any], bytes]:
    """Header, claims and signature."""
    try:
        header, claims, signature = (_bytes(part) for part in token.split("."))
        told: tuple[dict[str, Any], dict[str, Any]] = json.loads(header), json.loads(claims)
        missing = [name for name in ("iss", "sub", "aud", "exp", "iat") if name not in told[1]]
        int(told[1].get("exp", 0))
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise RoleNotGivenError("InvalidIdentityToken", _UNREADABLE) from error
    if missing:
        raise RoleNotGivenError("InvalidIdentityToken", f"Missing a required claim: {missing[0]}")
    return (*told, signature)


def _key(file: Path, header: dict[str, Any]) -> RSAPublicNumbers:
    """The key of the issuer that the token's header names."""
    try:
        keys = json.loads(file.read_text("utf-8"))["keys"]
        key = next(key for key in keys if key.get("kid") == header.get("kid") and header.get("alg") == "RS256")
        return RSAPublicNumbers(*(int.from_bytes(_bytes(key[name]), "big") for name in ("e", "n")))
    except (OSError, ValueError, TypeError, KeyError, StopIteration, AttributeError) as error:
        raise RoleNotGivenError("InvalidIdentityToken", _NO_KEY) from error


def _check_signature(signed: str, signature: bytes, key: RSAPublicNumbers) -> None:
    try:
        key.public_key().verify(signature, signed.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError) as error:
        raise RoleNotGivenError("InvalidIdentityToken", "Token signature is invalid") from error


def _check_end(ends: int) -> None:
    now = int(time.time())
    if now > ends + LATE_SECONDS:
        said = f"Token expired: current date/time {now} must be before the expiration date/time {ends}"
        raise RoleNotGivenError("ExpiredTokenException", said)


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
