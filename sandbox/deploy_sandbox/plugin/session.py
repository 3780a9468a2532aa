"""Credentials: from whoever runs the engine, through the role that the provider takes, renewed for as long as the run lasts.

The base is the ordinary AWS chain (environment, files, instance metadata). A role's credentials renew themselves before they expire, and
at once when AWS says that they have expired: a run may be longer than its session.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import create_loader

from deploy_sandbox.plugin.errors import PluginError, code, explained

if TYPE_CHECKING:
    from botocore.credentials import Credentials

    from deploy_sandbox.plugin.settings import AssumeRole, Settings

_CHAINED_SECONDS = 3600
"""The longest session of a role assumed by a role session (AWS documentation, "Role chaining")."""
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "400"})
"""The codes of an expired session; the answer to a HEAD has no body, so its code is the bare status."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_RENEWAL_PAUSE = 2.0  # seconds in which many calls that saw the same expiry lead to one renewal

CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 5},
    s3={"addressing_style": "path"},
    max_pool_connections=32,
    connect_timeout=10,
    read_timeout=60,
)


_LOADER = create_loader()
"""One for all sessions, since each would read AWS's endpoints and service descriptions (0.1 s) again."""


def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", _LOADER)
    return session


def warm() -> None:
    """Read what every client needs, before it is asked for."""
    _LOADER.load_data("endpoints")
    _LOADER.load_data("partitions")
    _LOADER.load_service_model("sts", "service-2")


class ProviderIdentity:
    """Credentials that the SDK's clients share, and the renewal when AWS calls them expired."""

    def __init__(self, credentials: Credentials, region: str) -> None:
        self._credentials = credentials
        self._lock = threading.Lock()
        self._renewed = 0.0
        core = _session()
        core.register_component("credential_provider", CredentialResolver([_Known(credentials)]))
        core.set_default_client_config(CONFIG)
        core.register("before-send", _only_to_this_machine)
        core.register("needs-retry", cast("Any", self._renew_when_expired))  # the stubs know no event that answers
        self.session = boto3.Session(botocore_session=core, region_name=region)

    def _renew_when_expired(self, **event: Any) -> float | None:
        """Botocore's `needs-retry` event: after how many seconds to try again, None for not because of this."""
        response = event["response"]
        if event["attempts"] > 1 or response is None or not isinstance(self._credentials, RefreshableCredentials):
            return None
        if response[1].get("Error", {}).get("Code") not in _EXPIRED:
            return None
        with self._lock:
            if time.monotonic() - self._renewed > _RENEWAL_PAUSE:
                vars(self._credentials)["_expiry_time"] = datetime.now(UTC)  # botocore has no public way to say so
                self._renewed = time.monotonic()
        return 0.0


def _only_to_this_machine(**event: Any) -> None:
    """Botocore's `before-send` event. PluginError for a request that would leave this machine: this plugin is for the sandbox alone."""
    host = urlsplit(event["request"].url).hostname or ""
    if host not in _LOOPBACK and not host.endswith(".127.0.0.1"):
        raise PluginError(
            f"the sandbox's AWS plugin talks to a sandbox on this machine only, and this request was for {host}. "
            "Set AWS_ENDPOINT_URL to the sandbox's, or use the real pulumi-resource-aws.",
        )


class _Known(CredentialProvider):
    """A credential provider that has them already."""

    METHOD = "assumed-role"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        return self._credentials


def identity(settings: Settings) -> ProviderIdentity:
    """Whoever the settings say, ready to sign. PluginError when there are no credentials or a role cannot be assumed."""
    if settings.role is None:
        return _base(settings.region)
    return ProviderIdentity(_assume(settings.role, settings.region), settings.region)


def _base(region: str) -> ProviderIdentity:
    credentials = _session().get_credentials()
    if credentials is None:
        raise PluginError(
            "no AWS credentials: none in the environment and none from the instance metadata service. "
            "Set the credentials of whoever runs this, or the metadata endpoint of the instance it runs on.",
        )
    return ProviderIdentity(credentials, region)


def _assume(role: AssumeRole, region: str) -> RefreshableCredentials:
    ask = _Assumption(role, region)
    metadata = ask()
    lifetime = (datetime.fromisoformat(metadata["expiry_time"]) - datetime.now(UTC)).total_seconds()
    return RefreshableCredentials.create_from_metadata(
        metadata,
        refresh_using=ask,
        method="assume-role",
        advisory_timeout=int(min(900, lifetime / 4)),
        mandatory_timeout=int(min(600, lifetime / 8)),
    )


class _Assumption:
    """Asks STS for one role, each time that its credentials are needed anew; remembers that chaining shortened the session."""

    def __init__(self, role: AssumeRole, region: str) -> None:
        self._role = role
        self._region = region
        self._duration = role.duration

    def __call__(self) -> dict[str, Any]:
        try:
            try:
                return self._ask()
            except ClientError as error:
                if not _refused_for_chaining(error) or (self._duration or 0) <= _CHAINED_SECONDS:
                    raise
                self._duration = _CHAINED_SECONDS
                return self._ask()
        except (ClientError, BotoCoreError) as error:
            raise explained(error, subject=f"role {self._role.role_arn}") from error

    def _ask(self) -> dict[str, Any]:
        role = self._role
        request: dict[str, Any] = {
            "RoleArn": role.role_arn,
            "RoleSessionName": role.session_name,
            "ExternalId": role.external_id,
            "SourceIdentity": role.source_identity,
            "DurationSeconds": self._duration,
            "Policy": role.policy,
        }
        sts = _base(self._region).session.client("sts")
        granted = sts.assume_role(**{key: value for key, value in request.items() if value})["Credentials"]
        return {
            "access_key": granted["AccessKeyId"],
            "secret_key": granted["SecretAccessKey"],
            "token": granted["SessionToken"],
            "expiry_time": granted["Expiration"].isoformat(),
        }


def _refused_for_chaining(error: ClientError) -> bool:
    return code(error) == "ValidationError" and "role chaining" in str(error).lower()
