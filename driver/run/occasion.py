"""Why a run happens: who asked for it, who approved it, from which commit, in which build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_BY = ("BUILD_USER_ID", "CHANGE_AUTHOR", "GITLAB_USER_LOGIN", "GITHUB_ACTOR")
"""Who started a build, as Jenkins (build-user-vars plugin, branch sources), GitLab and GitHub say it."""

_BUILD = ("BUILD_URL", "CI_JOB_URL", "BUILD_TAG")


@dataclass(frozen=True)
class Occasion:
    """What the surroundings say of a run; empty where they say nothing. They are claims: AWS's trails hold the proof."""

    by: str = ""
    approved_by: str = ""
    reason: str = ""
    commit: str = ""
    build: str = ""


def occasion(environment: Mapping[str, str], commit: str) -> Occasion:
    """The occasion as a build's environment tells it; at a desk, the person whose machine it is."""
    build = _first(environment, _BUILD)
    by = _first(environment, _BY) or ("" if build else _first(environment, ("USER", "LOGNAME")))
    return Occasion(by, environment.get("DEPLOY_APPROVED_BY", ""), environment.get("DEPLOY_REASON", ""), commit, build)


def _first(environment: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")
