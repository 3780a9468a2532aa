"""An outsider's ways of being someone in a sandbox, and of being refused."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploy_sandbox.accounts import Sandbox

ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def document(*statements: Mapping[str, Any]) -> str:
    """A policy document of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trusting(principal: str | Mapping[str, Any], *actions: str, **condition: Any) -> str:
    """A trust policy for an AWS principal (an ARN or account id) or any other principal mapping."""
    who = {"AWS": principal} if isinstance(principal, str) else dict(principal)
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": who, "Action": list(actions) or "sts:AssumeRole"}
    return document({**statement, "Condition": condition} if condition else statement)


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """The error code and message with which the cloud refuses a call."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error.get("Code", ""), error.get("Message", "")


def not_allowed(call: Callable[[], Any], action: str) -> bool:
    """Whether a call is refused because the caller's own policy does not allow the action."""
    code, message = refusal(call)
    return code == "AccessDeniedException" and f"no identity-based policy allows the {action} action" in message


def zipped(code: str) -> bytes:
    """A function's package: `index.py` with this code."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("index.py", code)
    return package.getvalue()


@dataclass(frozen=True)
class Someone:
    """Credentials, and the clients that act with them."""

    sandbox: Sandbox
    access_key: str
    secret_key: str
    token: str | None = None

    def client(self, service: str, attempts: int = 1) -> Any:
        """A client of that service, which asks so often where it gets no answer.

        S3 Control's puts the account before the host, a name that only the sandbox's proxy knows.
        """
        proxies = {"http": self.sandbox.endpoint} if service == "s3control" else None
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.sandbox.endpoint,
            region_name=self.sandbox.region,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            aws_session_token=self.token,
            config=Config(
                retries={"total_max_attempts": attempts},
                read_timeout=60,
                connect_timeout=10,
                s3={"addressing_style": "path"},
                proxies=proxies,
            ),
        )

    def become(self, role_arn: str, **facts: Any) -> Someone:
        """Assume a role; facts are AssumeRole's own parameters."""
        answer = self.client("sts").assume_role(RoleArn=role_arn, **{"RoleSessionName": "visitor", **facts})
        keys = answer["Credentials"]
        return Someone(self.sandbox, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def ask_metadata(sandbox: Sandbox, instance: str, path: str, *, held: str | None = "own") -> tuple[int, str]:
    """One request to an instance's metadata endpoint, with a session token of its own unless another is given."""
    token = ask_token(sandbox, instance)[1] if held == "own" else held
    headers = {"X-aws-ec2-metadata-token": token} if token else {}
    return _ask(urllib.request.Request(f"{sandbox.instances[instance]}{path}", headers=headers))


def ask_token(sandbox: Sandbox, instance: str, seconds: str = "60") -> tuple[int, str]:
    """Ask for a session token of a metadata endpoint."""
    headers = {"X-aws-ec2-metadata-token-ttl-seconds": seconds}
    return _ask(
        urllib.request.Request(f"{sandbox.instances[instance]}/latest/api/token", headers=headers, method="PUT")
    )


def _ask(request: urllib.request.Request) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def at_instance(sandbox: Sandbox, instance: str) -> Someone:
    """Whoever an instance is, from its metadata endpoint."""
    path = "/latest/meta-data/iam/security-credentials/"
    _, role = ask_metadata(sandbox, instance, path)
    keys = json.loads(ask_metadata(sandbox, instance, path + role)[1])
    return Someone(sandbox, keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"])
