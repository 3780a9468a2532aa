"""What a run is called in the trails of all accounts, and why it happens: who asked for it, from which commit, in which build."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from deploy_driver import remedies
from deploy_driver.errors import UsageError

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


_CLOCKS, _DAY = 3_600, 86_400
"""Seconds: how far agents' clocks may differ, and how long a run over several agents may go on before its last part begins."""


def may_be_part(run: str, whole: str) -> bool:
    """Whether a run of that id can be a part of the run over several agents of the other: it begins within a day of it."""
    try:
        return -_CLOCKS <= began(run) - began(whole) <= _DAY
    except ValueError:
        return False


_BY = ("BUILD_USER_ID", "CHANGE_AUTHOR", "GITLAB_USER_LOGIN", "GITHUB_ACTOR")
"""Who started a build, as Jenkins (build-user-vars plugin, branch sources), GitLab and GitHub say it."""

_BUILD = ("BUILD_URL", "CI_JOB_URL", "BUILD_TAG")


@dataclass(frozen=True)
class BuildInfo:
    """What the surroundings say of a run; empty where they say nothing. They are claims: AWS's trails hold the proof."""

    by: str = ""
    approved_by: str = ""
    reason: str = ""
    commit: str = ""
    build: str = ""
    part_of: str = ""


def read_build_info(environment: Mapping[str, str], commit: str, run: str) -> BuildInfo:
    """What a build's environment tells the run; at a desk, the person whose machine it is.

    Raises UsageError where it is to be a part of what is no run, or none of this day: all builds of a job would be one run.
    """
    whole = environment.get("DEPLOY_PART_OF", "")
    if whole and not may_be_part(run, whole):
        what = f"{whole!r} is no id such as {run}, or one of another day: each run over several agents has a new one"
        raise UsageError(what, where="DEPLOY_PART_OF", remedy=remedies.NEW_WHOLE)
    build = _first(environment, _BUILD)
    by = _first(environment, _BY) or ("" if build else _first(environment, ("USER", "LOGNAME")))
    approved_by, reason = environment.get("DEPLOY_APPROVED_BY", ""), environment.get("DEPLOY_REASON", "")
    return BuildInfo(by, approved_by, reason, commit, build, whole)


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")
