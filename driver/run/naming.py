"""The names by which a run is found again in both accounts' trails."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime

SESSION_NAME_LIMIT = 64
"""AWS: RoleSessionName and SourceIdentity are 2 to 64 characters of `[\\w+=,.@-]` (STS API reference, AssumeRole)."""

APPLICATION_ID_LIMIT = 50
"""AWS: an application id in the user agent is at most 50 characters (SDK reference, `sdk_ua_app_id`)."""


def new_run_id(now: float) -> str:
    """An id that sorts by time and is unique: `20261123-0102-3f9a7c`."""
    return f"{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M}-{secrets.token_hex(3)}"


def began(run: str) -> float:
    """When the run of that id began, to the minute, in seconds since the epoch. Raises ValueError for what is no run's id."""
    if not re.fullmatch(r"\d{8}-\d{4}-[0-9a-f]{6}", run, flags=re.ASCII):
        raise ValueError(f"{run!r} is not a run's id")
    return datetime.strptime(run[:13], "%Y%m%d-%H%M").replace(tzinfo=UTC).timestamp()


def build_of(environment: Mapping[str, str]) -> str:
    """Which Jenkins build this is (`BUILD_NUMBER`), cleaned to STS's alphabet; `local` outside Jenkins."""
    number = re.sub(r"[^A-Za-z0-9.]", "", environment.get("BUILD_NUMBER", ""), flags=re.ASCII)
    return f"b{number}" if number else "local"


def session_name(project: str, env: str, build: str, run: str) -> str:
    """`<project>-<env>-<build>-<run>`: the role session's name and source identity. The build gives way when it is long."""
    room = SESSION_NAME_LIMIT - len(f"{project}-{env}--{run}")
    return f"{project}-{env}-{build[: max(room, 1)]}-{run}"[:SESSION_NAME_LIMIT]


def application_id(run: str) -> str:
    """What AWS_SDK_UA_APP_ID puts into the user agent of every call of the run."""
    return f"deploy-{run}"[:APPLICATION_ID_LIMIT]
