"""The machine as it was when the process began, and the environment of a run, computed from it; nothing is inherited."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from deploy_driver.record.redaction import learn_environment

PASSED_ON = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TERM", "NO_COLOR")
"""What every process of a run needs from the machine, and what carries no identity."""

BASE_IDENTITY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_METADATA_SERVICE_TIMEOUT",
    "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
)
"""On AWS, the ways in which a machine may say who it is. Whoever that turns out to be is checked against the tools account.

The last five say where an instance asks for its own credentials, and how patiently: an instance in an IPv6-only subnet has to say
so (EC2 User Guide, "Access instance metadata for an EC2 instance"), and a cluster may answer for the metadata service itself. A
shared config file may say the same, and with `endpoint_url` where the company's own endpoints are; every SDK of a run reads the
same file.
"""


def given_until(ambient: Mapping[str, str]) -> float | None:
    """When credentials that are variables end, in seconds since the epoch; None where there are none, or they do not say.

    `aws configure export-credentials --format env` says it as AWS_CREDENTIAL_EXPIRATION. It is not handed on: boto3 raises a
    RuntimeError in the middle of a call where that moment has passed (botocore, `RefreshableCredentials`).
    """
    said = ambient.get("AWS_CREDENTIAL_EXPIRATION", "") if "AWS_ACCESS_KEY_ID" in ambient else ""
    try:
        return datetime.fromisoformat(said).timestamp() if said else None
    except ValueError:
        return None


NETWORK = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "AWS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")

NO_FILES: Mapping[str, str] = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
"""Keeps a person's own ~/.aws out: every SDK asks it before it asks the instance's metadata."""


@dataclass(frozen=True)
class Machine:
    """The environment that the process was started with. It is read once, first thing in `main`, and asked from here ever after."""

    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def capture(cls, environment: Mapping[str, str]) -> Machine:
        """Take a copy, and learn the secrets in it, which are taken out of every text from now on."""
        learn_environment(environment)
        return cls(MappingProxyType(dict(environment)))


def for_git(ambient: Mapping[str, str]) -> dict[str, str]:
    """What git may see: its settings, which say whose folders it trusts; not another repository than the one it stands in."""
    said = ("XDG_CONFIG_HOME", *(name for name in ambient if name.startswith("GIT_CONFIG")))
    return {
        **{name: ambient[name] for name in (*PASSED_ON, *said) if name in ambient},
        "LC_ALL": "C.UTF-8",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


def on_aws(ambient: Mapping[str, str]) -> dict[str, str]:
    """The machine's own identity and network, and nothing else that is called AWS_*."""
    return {name: ambient[name] for name in (*PASSED_ON, *BASE_IDENTITY, *NETWORK) if name in ambient}


_OWN = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CREDENTIAL_EXPIRATION")
"""What a run says or reads itself, whatever the machine says."""


def left_out(ambient: Mapping[str, str]) -> tuple[str, ...]:
    """The machine's AWS_* variables that a run on AWS does not get: an endpoint or a FIPS setting, which may be missed."""
    known = {*BASE_IDENTITY, *NETWORK, *_OWN}
    return tuple(sorted(name for name in ambient if name.startswith("AWS_") and name not in known))


def on_loopback(ambient: Mapping[str, str], identity: Mapping[str, str]) -> dict[str, str]:
    """A sandbox instance's identity. Whatever is not on loopback is asked of the sandbox, a proxy that lets nobody out.

    It answers for names of its own, such as `111111111111.127.0.0.1`, that an SDK makes of its address and an account.
    """
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), identity["AWS_ENDPOINT_URL"])
    return {
        **{name: ambient[name] for name in PASSED_ON if name in ambient},
        **NO_FILES,
        **identity,
        **proxies,
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def of_session(surroundings: Mapping[str, str], region: str, credentials: Mapping[str, str]) -> dict[str, str]:
    """One role session's temporary credentials, and no other way to be anybody: for somebody else's command."""
    return {
        **{name: value for name, value in surroundings.items() if name not in BASE_IDENTITY},
        **NO_FILES,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        **credentials,
    }
