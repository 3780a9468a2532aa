"""Which pull request a comment goes to, as the environment of a build says it. The token comes from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from deploy_driver import remedies
from deploy_driver.choices import Host
from deploy_driver.errors import UsageError
from deploy_driver.values import PullRequest


@dataclass(frozen=True)
class _Names:
    """How a host's builds call what is needed, and what it looks like."""

    api: str
    api_example: str
    project: str
    project_like: str
    project_expected: str
    token: str
    numbers: tuple[str, ...]


NAMES: Mapping[Host, _Names] = {
    Host.GITHUB: _Names(
        api="GITHUB_API_URL",
        api_example="https://api.github.com",
        project="GITHUB_REPOSITORY",
        project_like=r"[A-Za-z0-9-]+/(?!\.{1,2}$)[A-Za-z0-9._-]+",
        project_expected="owner/name",
        token="GITHUB_TOKEN",  # noqa: S106 -- the variable's name
        numbers=("CHANGE_ID",),
    ),
    Host.GITLAB: _Names(
        api="CI_API_V4_URL",
        api_example="https://gitlab.example.com/api/v4",
        project="CI_PROJECT_ID",
        project_like=r"\d+|[\w.-]+(/[\w.-]+)+",
        project_expected="a project's id, or its path group/name",
        token="GITLAB_TOKEN",  # noqa: S106 -- the variable's name
        numbers=("CI_MERGE_REQUEST_IID", "CHANGE_ID"),
    ),
}


def pull_request(environment: Mapping[str, str], host: Host | None = None, number: int | None = None) -> PullRequest:
    """The pull request that the environment means. A flag goes before the environment. Raises UsageError with all that is missing.

    No address is assumed: a token of one's own host must not go to somebody else's because a variable is missing.
    """
    host = host or _host(environment)
    names = NAMES[host]
    api, problems = _api(environment.get(names.api, ""), names)
    project = environment.get(names.project, "")
    if not re.fullmatch(names.project_like, project, flags=re.ASCII):
        problems.append(f"{names.project}: {_got(project)}, expected {names.project_expected}")
    token = environment.get(names.token, "")
    if not re.fullmatch(r"[!-~]+", token):
        said = "holds something else than printable characters" if token else "not set"
        problems.append(f"{names.token}: {said}, expected a token that may comment")
    said = next((environment[name] for name in names.numbers if environment.get(name)), "")
    if number is None and not re.fullmatch(r"[1-9]\d{0,9}", said, flags=re.ASCII):
        problems.append(
            f"{' or '.join(names.numbers)}: {_got(said)}, expected the number of the pull request; or pass --number"
        )
    if problems:
        raise UsageError(
            f"nobody can say which pull request on {host} is meant",
            detail=problems,
            remedy=remedies.SET_VARIABLES,
        )
    return PullRequest(host, api, project, number or int(said), token)


def _host(environment: Mapping[str, str]) -> Host:
    found = [host for host, names in NAMES.items() if environment.get(names.project)]
    if len(found) == 1:
        return found[0]
    names = " and ".join(names.project for names in NAMES.values())
    raise UsageError(
        f"{'both' if found else 'neither'} {names} {'are' if found else 'is'} set, so the host is not known",
        remedy=remedies.PASS_HOST.of(hosts=" or --host ".join(Host)),
    )


def _api(said: str, names: _Names) -> tuple[str, list[str]]:
    problem = f"{names.api}: {_got(said)}, expected an https address such as {names.api_example}"
    if not re.fullmatch(r"[!-~]+", said):
        return "", [problem]
    try:
        url = urlsplit(said)
        port = url.port
    except ValueError:
        return "", [problem]
    if not url.hostname or port == 0 or url.username is not None or url.query or url.fragment:
        return "", [problem]
    if url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname)):
        return said.rstrip("/"), []
    if url.scheme == "http":
        return "", [f"{problem}: over http everybody on the way could read the token"]
    return "", [problem]


def is_loopback(hostname: str) -> bool:
    """Whether the name means this machine."""
    try:
        return hostname == "localhost" or ip_address(hostname).is_loopback
    except ValueError:
        return False


def _got(value: str) -> str:
    return f"got {value!r}" if value else "not set"
