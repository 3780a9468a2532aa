"""The instance metadata service of each instance, version 2, on a loopback port of its own.

Every AWS SDK finds credentials here by itself when `AWS_EC2_METADATA_SERVICE_ENDPOINT` names the port: a session
token first (PUT /latest/api/token), then the role's name, then its credentials. An instance without a profile answers
404, as on EC2. (EC2 User Guide, "Use the Instance Metadata Service to access instance metadata" and "Instance
metadata categories".) The emulator served credentials that it then refused itself.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deploy_sandbox.accounts import ADMINISTRATOR_ROLE, REGION
from deploy_sandbox.cloud import instance_profile
from deploy_sandbox.cloud.asgi import respond

if TYPE_CHECKING:
    from deploy_sandbox.cloud.asgi import App, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

_PROFILES = {"administrator": ADMINISTRATOR_ROLE}
_MOST_TOKEN_SECONDS = 21600
_LIFE_HEADER = "x-aws-ec2-metadata-token-ttl-seconds"
_CREDENTIALS = "/latest/meta-data/iam/security-credentials/"
_OK, _BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 200, 400, 401, 403, 404

Answer = tuple[int, str]


def wrap(app: App, config: CloudConfig) -> App:
    """Answer requests to an instance's port as that instance; hand every other request on."""
    instances = {port: Instance.of(name, config) for name, port in config.metadata_ports.items()}

    async def metadata(scope: Scope, receive: Receive, send: Send) -> None:
        instance = instances.get(scope["server"][1]) if scope["type"] in ("http", "websocket") else None
        if instance is None:
            await app(scope, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        status, body = instance.answer(scope["method"], scope["path"], headers)
        kind = "application/json" if body.startswith("{") else "text/plain"
        await respond(send, status, body.encode(), kind, _token_life(scope, headers, status))

    return metadata


def _token_life(scope: Scope, headers: dict[str, str], status: int) -> tuple[tuple[bytes, bytes], ...]:
    """How long a new token lasts: the Go SDK takes no token without it."""
    if scope["method"] != "PUT" or status != _OK:
        return ()
    return ((_LIFE_HEADER.encode(), headers[_LIFE_HEADER].encode()),)


@dataclass(frozen=True)
class Instance:
    """One EC2 instance of the tools account."""

    instance_id: str
    profile: str
    account: str
    tokens: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, config: CloudConfig) -> Instance:
        digest = hashlib.sha256(f"{config.home}/{name}".encode()).hexdigest()
        return cls(instance_id=f"i-{digest[:17]}", profile=_PROFILES.get(name, name), account=config.accounts["tools"])

    def answer(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        """Status and body of one request."""
        if "x-forwarded-for" in headers:
            return _FORBIDDEN, "Forbidden"
        if method == "PUT" and path == "/latest/api/token":
            return self._token(headers.get(_LIFE_HEADER, ""))
        if self.tokens.get(headers.get("x-aws-ec2-metadata-token", ""), 0.0) < time.monotonic():
            return _UNAUTHORIZED, "Unauthorized"
        found = self._facts(path) or self._role_facts(path)
        return (_OK, found) if found is not None and method == "GET" else (_NOT_FOUND, "Not Found")

    def _token(self, wanted: str) -> Answer:
        if not wanted.isdigit() or not 1 <= int(wanted) <= _MOST_TOKEN_SECONDS:
            return _BAD_REQUEST, "Bad Request"
        token = secrets.token_urlsafe(40)
        self.tokens[token] = time.monotonic() + int(wanted)
        return _OK, token

    def _facts(self, path: str) -> str | None:
        document = {
            "accountId": self.account,
            "architecture": "x86_64",
            "availabilityZone": f"{REGION}a",
            "instanceId": self.instance_id,
            "instanceType": "t3.micro",
            "privateIp": "127.0.0.1",
            "region": REGION,
            "version": "2017-09-30",
        }
        return {
            "/latest/meta-data/instance-id": self.instance_id,
            "/latest/meta-data/placement/region": REGION,
            "/latest/meta-data/placement/availability-zone": f"{REGION}a",
            "/latest/dynamic/instance-identity/document": json.dumps(document),
        }.get(path)

    def _role_facts(self, path: str) -> str | None:
        role = instance_profile.role_of(self.account, self.profile)
        if role is None:
            return None
        if path == "/latest/meta-data/iam/info":
            return json.dumps(self._profile_facts())
        if path.rstrip("/") == _CREDENTIALS.rstrip("/"):
            return str(role["RoleName"])
        if path == f"{_CREDENTIALS}{role['RoleName']}":
            return json.dumps(self._credentials(role))
        return None

    def _profile_facts(self) -> dict[str, Any]:
        profile = instance_profile.profile_of(self.account, self.profile) or {}
        return {
            "Code": "Success",
            "LastUpdated": _moment(time.time()),
            "InstanceProfileArn": profile.get("Arn"),
            "InstanceProfileId": profile.get("InstanceProfileId"),
        }

    def _credentials(self, role: dict[str, Any]) -> dict[str, Any]:
        session = instance_profile.session_for(self.instance_id, role)
        if session is None:
            return {
                "Code": "AssumeRoleUnauthorizedAccess",
                "Message": f"EC2 cannot assume the role {role['RoleName']}. Please see documentation at "
                "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html.",
                "LastUpdated": _moment(time.time()),
            }
        return {
            "Code": "Success",
            "LastUpdated": _moment(time.time()),
            "Type": "AWS-HMAC",
            "AccessKeyId": session["AccessKeyId"],
            "SecretAccessKey": session["SecretAccessKey"],
            "Token": session["SessionToken"],
            "Expiration": _moment(session["Expiration"]),
        }


def _moment(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
