"""Makes boto3 clients, and says AWS's refusals in our words."""

from __future__ import annotations

import copy
import json
import os
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from textwrap import shorten
from typing import Any, TypeVar

from deploy_driver import remedies
from deploy_driver.errors import NotReadyError
from deploy_project.remedy import NO_REMEDY, Remedy

T = TypeVar("T")

ATTEMPTS = 4
"""Tries of one call, with botocore's `standard` back-off; AccessDenied is never tried again."""


def set_process_environment(environment: Mapping[str, str]) -> None:
    """Make the computed environment this process's own: ambient AWS_* variables can no longer reach any SDK in it.

    boto3 and the project's program, which runs in this process, read it themselves and cannot be told otherwise: botocore
    takes endpoints, proxies, the metadata service and the places of config files from it, whatever a session is given.
    """
    os.environ.clear()
    os.environ.update(environment)
    _without_identity.cache_clear()


_OVER = {"ExpiredToken", "ExpiredTokenException"}


class SessionOverError(NotReadyError):
    """AWS says that the session is over: `AwsSession.outlasting` asks for new credentials."""


RENEWED_AFTER = 60.0
"""Seconds after which this machine's credentials are asked for anew, and clients with them.

botocore trusts the credentials of an instance for longer than they hold, in case that the metadata service is away
(boto/botocore, `InstanceMetadataFetcher._evaluate_expiration`).
"""


ENTERED = 8
"""Sessions of roles that are kept: those of the stacks that go at the same time. Each has clients of its own, which are large."""


class AwsSession:
    """The identity that the ordinary AWS credential chain finds for this process, that of a given instance, or given keys.

    `keys` are credentials under the names that the SDKs read from the environment. `checked` says whether the SDK looks
    at parameters itself before AWS does, `now` gives seconds.

    Clients all retry, time out and speak alike. Sessions are not thread-safe, clients are: whoever works for long asks for
    one before each call, which is another one only when the credentials are.
    """

    def __init__(
        self,
        region: str,
        *,
        metadata_endpoint: str = "",
        keys: Mapping[str, str] | None = None,
        checked: bool = True,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._region = region
        self._keys = {name.lower(): value for name, value in (keys or {}).items()}
        self._metadata_endpoint = metadata_endpoint
        self._checked = checked
        self._now = now
        self._session: Any = None
        self._began = 0.0
        self._clients: dict[tuple[str, str], Any] = {}
        self._entered: dict[tuple[Hashable, str], tuple[float, AwsSession]] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str = "") -> Any:
        """The client of one service; S3 in path style, so that it also works where a bucket has no host name.

        Raises NotReadyError where whoever this is has credentials that cannot be had: which way was tried, and what is wrong with it.
        """
        key = (service, region or self._region)
        with self._lock:
            if self._session is None or (not self._keys and self._now() - self._began > RENEWED_AFTER):
                self._session, self._began, self._clients = self._resolved(), self._now(), {}
            if key not in self._clients:
                self._clients[key] = self._made(*key)
            return self._clients[key]

    def renew(self) -> None:
        """Ask for credentials anew at the next call, and enter every role anew."""
        with self._lock:
            self._session, self._entered = None, {}

    def outlasting(self, call: Callable[[], T]) -> T:
        """Make a call, and once more with new credentials where AWS says that the session is over. Raises what the call does."""
        try:
            return call()
        except SessionOverError:
            self.renew()
            return call()

    def entered(self, role: Hashable, region: str, keys: Callable[[], Mapping[str, str]]) -> AwsSession:
        """The session of a role that this identity may enter, which gives its `keys`; not entered again for a while."""
        began, session = self._entered.get((role, region), (0.0, None))
        if session is None or self._now() - began > RENEWED_AFTER:
            session = AwsSession(region, keys=keys())
            with self._lock:
                self._entered.pop((role, region), None)
                self._entered[role, region] = self._now(), session
                for oldest in [*self._entered][:-ENTERED]:
                    del self._entered[oldest]
        return session

    def _resolved(self) -> Any:
        """A new session whose credentials have been got, where there are any. SDKs get them at the first call, each in its own words."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            session = self._new_session()
            if credentials := session.get_credentials():
                credentials.get_frozen_credentials()
        except (BotoCoreError, ClientError, OSError, ValueError, RuntimeError, EOFError) as error:
            way, remedy = _way_to_credentials(self._metadata_endpoint)
            raise NotReadyError(f"{way} gives no AWS credentials: {_wrong(error)}", remedy=remedy) from None
        return session

    def _made(self, service: str, region: str) -> Any:
        """A new client."""
        from botocore.exceptions import BotoCoreError

        try:
            return self._new_client(service, region)
        except (BotoCoreError, OSError, ValueError) as error:
            raise NotReadyError(
                f"the settings that the AWS SDK has here cannot be used: {_wrong(error)}",
                remedy=remedies.CORRECT_SDK_SETTINGS,
            ) from None

    def _new_session(self) -> Any:
        import botocore.session

        if self._keys:
            core = copy.copy(_without_identity())
            names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
            core.set_credentials(*(self._keys.get(name) for name in names))
            return core
        core = botocore.session.Session()
        core.register_component("data_loader", _service_descriptions())
        core.set_config_variable("region", self._region)
        if self._metadata_endpoint:
            from botocore.credentials import CredentialResolver, InstanceMetadataProvider
            from botocore.utils import InstanceMetadataFetcher

            fetcher = InstanceMetadataFetcher(config={"ec2_metadata_service_endpoint": self._metadata_endpoint})
            core.register_component("credential_provider", CredentialResolver([InstanceMetadataProvider(fetcher)]))
        return core

    def _new_client(self, service: str, region: str) -> Any:
        from botocore.config import Config

        config = Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=5,
            read_timeout=30,
            parameter_validation=self._checked,
            s3={"addressing_style": "path"},
        )
        return self._session.create_client(service, region_name=region, config=config)


@cache
def _service_descriptions() -> Any:
    """What botocore knows of AWS's services: the same for every session, and half a second of reading for each that has its own."""
    import botocore.session

    return botocore.session.Session().get_component("data_loader")


@cache
def _without_identity() -> Any:
    """A session of nobody, copied for each identity that brings its keys: to make one takes longer than most calls."""
    import botocore.session

    session = botocore.session.Session()
    session.register_component("data_loader", _service_descriptions())
    return session


_TOKEN = "AWS_WEB_IDENTITY_TOKEN_FILE"  # noqa: S105 -- the name of a variable

_WAYS = (
    ("AWS_ACCESS_KEY_ID", "the key in the environment (AWS_ACCESS_KEY_ID and what belongs to it)"),
    ("AWS_SECRET_ACCESS_KEY", "the key in the environment (AWS_ACCESS_KEY_ID and what belongs to it)"),
    ("AWS_PROFILE", "the profile {said} (AWS_PROFILE)"),
    (_TOKEN, "the web identity token in {said} (AWS_WEB_IDENTITY_TOKEN_FILE)"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "the container at {said} (AWS_CONTAINER_CREDENTIALS_FULL_URI)"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "the container at {said} (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI)"),
    ("AWS_CONFIG_FILE", "the file {said} (AWS_CONFIG_FILE)"),
)
"""The variables that say where credentials come from, in the order in which SDKs believe them (botocore `create_credential_resolver`)."""


def _way_to_credentials(metadata_endpoint: str) -> tuple[str, Remedy]:
    """Which way to credentials this process takes, as its environment has it, and what to do where it leads to none."""
    if metadata_endpoint:
        return (
            f"the instance's metadata service at {metadata_endpoint}",
            remedies.START_SANDBOX,
        )
    for name, way in _WAYS:
        said = os.environ.get(name, "")
        if said and said != os.devnull:
            remedy = remedies.BRING_TOKEN if name == _TOKEN else remedies.CORRECT_CREDENTIALS.of(name=name)
            return way.format(said=said), remedy
    return (
        "this machine (~/.aws, or its metadata service)",
        remedies.CORRECT_AWS_CONFIG,
    )


_LONGEST = 400
"""Characters of what an SDK says."""


def _wrong(error: Exception) -> str:
    """What is wrong, in one line."""
    if isinstance(error, EOFError):
        return "it asks for a code (mfa_serial), and nobody is here to type one"
    what = shorten(str(error), _LONGEST, placeholder=" …") if " " in str(error)[:_LONGEST] else str(error)[:_LONGEST]
    return f"what it says is no JSON: {what}" if isinstance(error, json.JSONDecodeError) else what


def every(client: Any, operation: str, key: str, **asked: Any) -> list[Any]:
    """The entries of all pages of a listing; `key` is where a page has them."""
    return [entry for page in client.get_paginator(operation).paginate(**asked) for entry in page[key]]


def managed_policy(iam: Any, arn: str) -> Any:
    """The document of a managed policy's default version."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def asking(what: str, call: Callable[[], T], *, by_code: Mapping[str, Remedy] | None = None) -> T:
    """Make one AWS call. Raises NotReadyError: what was asked, AWS's code and message, and the remedy for that code.

    It is a SessionOverError when only the session is over.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        return call()
    except NoCredentialsError:
        raise NotReadyError(
            f"{what}: there are no AWS credentials on this machine",
            remedy=remedies.HAVE_CREDENTIALS,
        ) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        message = error.response.get("Error", {}).get("Message", str(error))
        problem = SessionOverError if code in _OVER else NotReadyError
        raise problem(f"{what}: {code}: {message}", remedy=(by_code or {}).get(code, NO_REMEDY)) from None
    except (BotoCoreError, OSError) as error:
        raise NotReadyError(f"{what}: {error}", remedy=remedies.CHECK_ENDPOINT) from None
